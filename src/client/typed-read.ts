import { PlanError } from '../domain/errors.ts';
import type { ApplicationRow } from '../domain/mapping/items/application-row.ts';
import type { PatternArguments } from '../domain/mapping/patterns/pattern-arguments.ts';
import type { Client } from './open-client.ts';
import type { Values } from './operation.ts';
import type { QueryOptions, ReadOptions } from './read/reader.ts';

/** Rows of a pattern; `next` is null on the last page, else the `after` of the next one. */
export type Page<T> = readonly T[] & { readonly next: string | null };

/** A value, or bounds of it, both included; an absent one is open. */
export type Bounds<T> = T | { readonly from?: T; readonly to?: T };

/** The parts of the client that generated functions ask. */
export type PatternReader = Pick<Client, 'query'>;
export type KeyReader = Pick<Client, 'batchGet'>;

/** A pattern's rows in their type; `toRow` is told the entity of each. */
export async function queryRows<T>(
  client: PatternReader,
  pattern: string,
  args: PatternArguments,
  options: QueryOptions | undefined,
  toRow: (row: ApplicationRow, entity: string) => T,
): Promise<Page<T>> {
  const rows = await client.query(pattern, args, options);
  const typedRows = rows.map((row, at) => toRow(row, rows.entities[at] ?? ''));
  return Object.assign(typedRows, { next: rows.next });
}

/** Rows by their keys, in one request for up to 100 of them; those that exist, in the order of the keys. */
export async function getRows<T>(
  client: KeyReader,
  entity: string,
  keys: readonly Values[],
  options: ReadOptions | undefined,
  toRow: (row: ApplicationRow) => T,
): Promise<readonly T[]> {
  const rows = await client.batchGet(entity, keys, options);
  return rows.map(toRow);
}

/** What a generated function throws for an entity that its pattern does not have. */
export function unexpectedEntity(pattern: string, entity: string): PlanError {
  return new PlanError({
    file: 'the generated module',
    path: `patterns.${pattern}`,
    message: `the module and the plan that runs differ: the pattern shows a row of ${entity}`,
    remedy: 'Run portage generate with this plan, and deploy both together',
  });
}
