import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ControlTable } from '../ports/control.ts';
import { type AdoptPorts, adoptPartitions } from './adopt.ts';
import { assertPassable } from './policy.ts';
import { type SchemaChange, type SchemaChangeKind, schemaChanges } from './schema-changes.ts';

export interface SchemaPorts extends AdoptPorts {
  readonly control: Pick<ControlTable, 'facts'>;
  readonly capture: AdoptPorts['capture'] & {
    catalogue(): Promise<Catalogue>;
    /** Partitions and children that have left their table since they were captured, also those that are back. */
    lost(mapping: Mapping): Promise<readonly { readonly table: string; readonly leaf: string }[]>;
    /** What capture does not cover, in words; empty = complete. */
    gaps(mapping: Mapping): Promise<readonly string[]>;
  };
}

/** How the source's schema differs from the one that the generation began with; none before it has begun. */
export async function readSchemaChanges(
  { control, capture }: Pick<SchemaPorts, 'control' | 'capture'>,
  mapping: Mapping,
  generation: number,
): Promise<readonly SchemaChange[]> {
  const facts = await control.facts(generation);
  if (facts === null) return [];
  const [catalogue, lost] = await Promise.all([capture.catalogue(), capture.lost(mapping)]);
  const changes = schemaChanges(mapping, facts.catalogue, catalogue);
  const reported = new Set(changes.filter(({ kind }) => REMOVALS.has(kind)).map(({ table }) => table));
  return [...changes, ...lost.filter(({ table }) => !reported.has(table)).map(removal)];
}

const REMOVALS: ReadonlySet<SchemaChangeKind> = new Set(['partition-removed', 'table-dropped']);

function removal({ table, leaf }: { readonly table: string; readonly leaf: string }): SchemaChange {
  return {
    kind: 'partition-removed',
    table,
    detail: `${leaf} was detached or created again after capture was installed`,
  };
}

/**
 * Throws SchemaChanged unless the source still has what this generation's items are made of, all of it captured: an ALTER TABLE, a dropped
 * key or a disabled trigger is found at the end of the load and at the gates before cutover and decommission (RACE-37, RACE-71). What the plan lets pass, passes.
 */
export async function assertSchema(ports: SchemaPorts, mapping: Mapping, generation: number): Promise<void> {
  assertPassable(ports.plan, await readSchemaChanges(ports, mapping, generation));
  // Adopted first, or a new partition would count as a gap; its rows count as backlog until they are carried.
  await adoptPartitions(ports, mapping, () => true);
  const gaps = await ports.capture.gaps(mapping);
  if (gaps.length > 0) throw new SchemaChanged({ changes: gaps });
}
