import { RdsError } from './errors.ts';
import type { Query } from './query.ts';
import { tagList } from './views.ts';
import type { RdsContext } from './rds-context.ts';
import type { XmlValue } from './xml.ts';

export function addTags(query: Query, context: RdsContext): XmlValue {
  Object.assign(tagsOf(query.required('ResourceName'), context), query.tags());
  context.state.save();
  return {};
}

export function removeTags(query: Query, context: RdsContext): XmlValue {
  const tags = tagsOf(query.required('ResourceName'), context);
  for (const key of query.list('TagKeys')) delete tags[key];
  context.state.save();
  return {};
}

export function listTags(query: Query, context: RdsContext): XmlValue {
  return { TagList: tagList(tagsOf(query.required('ResourceName'), context)) };
}

function tagsOf(arn: string, { state }: RdsContext): Record<string, string> {
  const records = [...state.clusters.values(), ...state.instances.values(), ...state.snapshots.values()];
  const found = records.find((record) => record.arn === arn);
  if (found === undefined) throw new RdsError('ResourceNotFoundFault', `${arn} not found.`);
  return found.tags;
}
