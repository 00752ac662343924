import { followPath } from '../../../src/domain/catalogue/follow.ts';
import type { CatalogueTable } from '../../../src/domain/catalogue/catalogue.ts';
import { findTable } from '../../../src/domain/catalogue/tables.ts';
import { parseTemplate, valuesOf } from '../../../src/domain/mapping/keys/template.ts';
import type { Mapping } from '../../../src/domain/mapping/mapping.ts';
import { columnType } from '../../../src/domain/mapping/values/types.ts';
import type { PatternPlan } from '../../../src/domain/plan/plan.ts';
import type { ProfiledPattern } from './database-profile.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/** What the traffic needs to ask a pattern: its arguments, and their forms. */
export function profilePattern({ entities, catalogue }: Mapping, name: string, pattern: PatternPlan): ProfiledPattern {
  const [first = ''] = typeof pattern.entity === 'string' ? [pattern.entity] : pattern.entity;
  const entity = entities[first];
  const keys = pattern.index === undefined ? entity : entity?.indexes.find((index) => index.name === pattern.index);
  const parsed = parseTemplate(pattern.SK ?? '');
  const prefix = parsed.ok ? valuesOf(parsed.segments).map(({ path }) => path) : [];
  const needs = [...new Set([...(keys?.PK.paths ?? []), ...prefix])];
  const [range, start, filter] = [pattern.range ?? null, pattern.prefix ?? null, pattern.filter ?? []];
  const table = entity === undefined ? null : findTable(catalogue, entity.table);
  const paths = [...needs, ...filter, ...[range, start].flatMap((path) => path ?? [])];
  const forms = paths.flatMap((path): readonly (readonly [string, 'bytes' | 'list'])[] => {
    const followed = table === null ? null : followPath(catalogue, table, path);
    if (followed?.ok !== true) return [];
    const { array, kind } = columnType(followed.column);
    return array ? [[path, 'list']] : kind === 'bytes' ? [[path, 'bytes']] : [];
  });
  return { name, entity: first, needs, range, prefix: start, filter, forms: Object.fromEntries(forms) };
}

/** Arguments that no row has. */
export function madeUp(mapping: Mapping, table: CatalogueTable, paths: readonly string[]): Record<string, string> {
  const made: Record<string, string> = {};
  for (const path of paths) {
    const followed = followPath(mapping.catalogue, table, path);
    const { kind, array, name } = followed.ok ? columnType(followed.column) : TEXT;
    made[path] = array ? '[]' : (ownProperty(MADE_UP, kind === 'other' ? name : kind) ?? 'nobody');
  }
  return made;
}

const TEXT = { kind: 'text', array: false, name: 'text' } as const;

const MADE_UP: Readonly<Record<string, string>> = {
  bytes: '00',
  inet: '192.0.2.1',
  cidr: '192.0.2.0/24',
  macaddr: '00:00:5e:00:53:01',
  macaddr8: '00:00:5e:ff:fe:00:53:01',
  bit: '1',
  varbit: '1',
  int4range: 'empty',
  int8range: 'empty',
  daterange: 'empty',
  tsrange: 'empty',
  tstzrange: 'empty',
  boolean: 'true',
  integer: '1',
  decimal: '1',
  float: '1',
  uuid: '00000000-0000-4000-8000-000000000001',
  date: '2020-02-02',
  time: '12:00:00',
  timestamp: '2020-02-02 12:00:00',
  timestamptz: '2020-02-02 12:00:00+00',
};
