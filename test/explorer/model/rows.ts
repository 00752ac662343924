import { createHash } from 'node:crypto';
import type { Catalogue, CatalogueColumn } from '../../../src/domain/catalogue/catalogue.ts';
import type { EntityMapping, Mapping } from '../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import type { BodyRef, ImageValue, RowImage } from '../../../src/domain/row.ts';

export const TABLE = 'things';
export const ENTITY = 'THING';
export const GENERATION = 1;
export const AT = '2026-01-01T00:00:00.000Z';

const column = (name: string, notNull: boolean): CatalogueColumn => ({
  name,
  type: 'text',
  typeSchema: 'pg_catalog',
  kind: 'b',
  array: false,
  precision: null,
  scale: null,
  length: null,
  notNull,
  hasDefault: false,
  defaultExpression: null,
  generated: false,
});

export const CATALOGUE: Catalogue = {
  fingerprint: 'explorer',
  tables: {
    [TABLE]: {
      schema: 'public',
      name: TABLE,
      leaves: [`public.${TABLE}`],
      columns: [
        column('id', true),
        column('place', true),
        column('name', false),
        column('value', false),
        column('body', false),
        column('gone', false),
      ],
      primaryKey: ['id'],
      uniqueKeys: [],
      uniqueIndexes: [
        {
          name: 'name',
          definition: 'CREATE UNIQUE INDEX name ON things (name) WHERE gone IS NULL',
          key: [{ column: 'name', lower: false }],
          when: { gone: null },
          nulls: 'distinct',
          deferrable: false,
        },
      ],
      foreignKeys: [],
    },
  },
};

export const PLAN = {
  name: 'explorer',
  table: { name: 'things' },
  entities: {
    [ENTITY]: {
      from: TABLE,
      key: { PK: 'THING#{id}', SK: 'THING#{place}' },
      unique: { name: { key: '{name}', when: { gone: null } } },
      large: { body: { pointer: 'bodyKey', length: 'bodyBytes', over: 0 } },
    },
  },
};

/** The real mapping of a table whose rows can move (`place` is in the key), claim a name unless they are `gone`, and have a body in S3. */
export const MAPPING: Mapping = compilePlan(planSchema.parse(PLAN), CATALOGUE, {});

const found = MAPPING.entities[ENTITY];
if (found === undefined) throw new Error(ENTITY);
export const THING: EntityMapping = found;

export interface Thing {
  readonly id: string;
  readonly value: string;
  readonly place?: string;
  readonly name?: string;
  readonly body?: string;
  readonly gone?: string;
}

const bodies = new Map<string, string>();

export function imageOf({ id, value, place = 'home', name, body, gone }: Thing): RowImage {
  return {
    id,
    place,
    name: name ?? null,
    value,
    body: body === undefined ? null : bodyRef(body),
    gone: gone ?? null,
  };
}

/** The name that the row has in the partial unique index. */
export function claimOf(row: RowImage | null): ImageValue {
  return row === null || row['gone'] !== null ? null : (row['name'] ?? null);
}

function bodyRef(text: string): BodyRef {
  const sha256 = createHash('sha256').update(text).digest('hex');
  bodies.set(sha256, text);
  return { sha256, bytes: text.length };
}

/** The text of a body that an image made here points to. */
export function bodyText(hash: string): string {
  const text = bodies.get(hash);
  if (text === undefined) throw new RangeError(`no image points to ${hash}`);
  return text;
}

export function oldKeyOf(image: RowImage): RowImage {
  return Object.fromEntries(THING.oldKeyColumns.map((name): [string, ImageValue] => [name, image[name] ?? null]));
}
