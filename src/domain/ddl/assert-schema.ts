import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ControlTable, GenerationFacts } from '../ports/control.ts';
import { type AdoptPorts, adoptPartitions } from './adopt.ts';
import { canCarryAgain, type RewrittenColumn } from './rewrites.ts';
import { assertPassable } from './policy.ts';
import { type SchemaChange, schemaChanges, usedColumns } from './schema-changes.ts';

export interface SchemaPorts extends AdoptPorts {
  readonly control: Pick<ControlTable, 'facts'>;
  readonly capture: AdoptPorts['capture'] & {
    catalogue(): Promise<Catalogue>;
    /** Partitions and children that have left their table since they were captured, also those that are back. */
    lost(mapping: Mapping): Promise<readonly { readonly table: string; readonly leaf: string }[]>;
    /** Columns that have the name of a captured one, and are another or of another type. */
    replaced(
      mapping: Mapping,
    ): Promise<readonly { readonly table: string; readonly column: string; readonly detail: string }[]>;
    /** Columns whose values DDL may have changed without a trigger, though their names and types are the same. */
    rewritten(mapping: Mapping): Promise<readonly RewrittenColumn[]>;
    /** What capture does not cover, in words; empty = complete. Of the tables that `known` has, where it is given. */
    gaps(mapping: Mapping, known?: Catalogue): Promise<readonly string[]>;
  };
}

/** How the source's schema `catalogue` differs from that of the generation's facts; not at all before it has begun. */
export async function readSchemaChanges(
  capture: Pick<SchemaPorts['capture'], 'lost' | 'replaced' | 'rewritten'>,
  mapping: Mapping,
  facts: GenerationFacts | null,
  catalogue: Catalogue,
): Promise<readonly SchemaChange[]> {
  if (facts === null) return [];
  const [lost, replaced, rewritten] = await Promise.all([
    capture.lost(mapping),
    capture.replaced(mapping),
    capture.rewritten(mapping),
  ]);
  const changes = schemaChanges(mapping, facts.catalogue, catalogue);
  const dropped = new Set(changes.filter(({ kind }) => kind === 'table-dropped').map(({ table }) => table));
  const used = usedColumns(mapping, facts.catalogue);
  const retyped = replaced
    .filter((column) => used.get(column.table)?.has(column.column) === true && !isReported(changes, column))
    .map((column): SchemaChange => ({ kind: 'column-retyped', ...column }));
  return [
    ...changes,
    ...retyped,
    ...rewritten
      .filter((column) => !isReported([...changes, ...retyped], column))
      .map((column): SchemaChange => ({
        kind: canCarryAgain(mapping, column) ? 'values-rewritten' : 'key-rewritten',
        ...column,
      })),
    ...lost
      .filter(({ table }) => !dropped.has(table))
      .map(({ table, leaf }): SchemaChange => ({
        kind: 'partition-removed',
        table,
        detail: `${leaf} was detached, dropped or created again after capture was installed`,
      })),
  ];
}

function isReported(
  changes: readonly SchemaChange[],
  { table, column }: { readonly table: string; readonly column: string },
): boolean {
  return changes.some((change) => change.table === table && change.column === column);
}

/**
 * Throws SchemaChanged unless the source still has what this generation's items are made of, all of it captured: an ALTER TABLE, a dropped
 * key or a disabled trigger is found at the end of the load and at the gates before cutover and decommission (RACE-37, RACE-71). What the plan lets pass, passes.
 */
export async function assertSchema(ports: SchemaPorts, mapping: Mapping, generation: number): Promise<void> {
  const [catalogue, facts] = await Promise.all([ports.capture.catalogue(), ports.control.facts(generation)]);
  assertPassable(ports.plan, await readSchemaChanges(ports.capture, mapping, facts, catalogue));
  // Adopted first, or a new partition would count as a gap; its rows count as backlog until they are carried.
  await adoptPartitions(ports, mapping, () => true);
  const gaps = await ports.capture.gaps(mapping, catalogue);
  if (gaps.length > 0) throw new SchemaChanged({ changes: gaps });
}
