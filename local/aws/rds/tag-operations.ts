import { RdsError } from './errors.ts';
import type { Query } from './query.ts';
import { tagList } from './views.ts';
import type { World } from './rds-context.ts';
import type { XmlValue } from './xml.ts';

export function addTags(query: Query, world: World): XmlValue {
  Object.assign(tagsOf(query.required('ResourceName'), world), query.tags());
  world.state.save();
  return {};
}

export function removeTags(query: Query, world: World): XmlValue {
  const tags = tagsOf(query.required('ResourceName'), world);
  for (const key of query.list('TagKeys')) delete tags[key];
  world.state.save();
  return {};
}

export function listTags(query: Query, world: World): XmlValue {
  return { TagList: tagList(tagsOf(query.required('ResourceName'), world)) };
}

function tagsOf(arn: string, { state }: World): Record<string, string> {
  const records = [...state.clusters.values(), ...state.instances.values(), ...state.snapshots.values()];
  const found = records.find((record) => record.arn === arn);
  if (found === undefined) throw new RdsError('ResourceNotFoundFault', `${arn} not found.`);
  return found.tags;
}
