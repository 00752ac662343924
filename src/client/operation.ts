import { PlanError } from '../domain/errors.ts';
import { toCanonicalRow, type ApplicationValue, type TextRow } from '../domain/mapping/items/application-row.ts';
import type { EntityMapping, Mapping } from '../domain/mapping/mapping.ts';
import { sha256 } from '../domain/protocol/store-bodies.ts';
import { ownProperty } from '../domain/own-property.ts';

/** Values by the catalogue's column names; `mapping/values/to-canonical.ts` says which values each type takes. */
export type Values = Readonly<Record<string, ApplicationValue>>;

/** One change to one row of an entity. `key` names at least the identity and the columns of the item's key. */
export type Operation =
  | { readonly put: string; readonly row: Values }
  | { readonly update: string; readonly key: Values; readonly changes: Values }
  | { readonly delete: string; readonly key: Values };

/** The mapping of an entity. Throws PlanError for a name that the plan does not have. */
export function entityNamed(mapping: Mapping, name: string): EntityMapping {
  const entity = mapping.entities[name];
  if (entity !== undefined) return entity;
  throw new PlanError({
    file: 'plan.json',
    path: 'entities',
    message: `there is no entity ${name}`,
    remedy: 'Use a name of the plan',
  });
}

/** The identity columns of a key, as text; the others of the key are for DynamoDB only. */
export function identityOf(entity: EntityMapping, key: Values): TextRow {
  const canonicalKey = toCanonicalRow(entity, key);
  const identity = Object.fromEntries(
    entity.identity.map((column) => [column, ownProperty(canonicalKey, column) ?? null]),
  );
  const missing = entity.identity.find((column) => identity[column] === null);
  if (missing === undefined) return identity;
  throw new PlanError({
    file: 'plan.json',
    path: `entities.${entity.name}`,
    message: `a key of ${entity.name} lacks ${missing}`,
    remedy: `Give ${entity.identity.join(', ')}`,
  });
}

/** The large values of a row by their SHA-256, so that they need not be read back from PostgreSQL. */
export function bodiesOf(entity: EntityMapping, row: TextRow): ReadonlyMap<string, Uint8Array> {
  const bodies = new Map<string, Uint8Array>();
  for (const [column, { over }] of Object.entries(entity.large)) {
    const text = ownProperty(row, column);
    if (text === null || text === undefined) continue;
    const type = entity.columns.find((candidate) => candidate.column === column)?.type;
    const body = Buffer.from(text, type?.kind === 'bytes' && !type.array ? 'hex' : 'utf8');
    if (body.byteLength > over) bodies.set(sha256(body), body);
  }
  return bodies;
}
