import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Plan } from '../plan/plan.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ControlTable } from '../ports/control.ts';
import { assertPassable } from './policy.ts';
import { type SchemaChange, schemaChanges } from './schema-changes.ts';

export interface SchemaPorts {
  readonly plan: Plan;
  readonly control: Pick<ControlTable, 'facts'>;
  readonly capture: {
    catalogue(): Promise<Catalogue>;
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
  const [facts, catalogue] = await Promise.all([control.facts(generation), capture.catalogue()]);
  return facts === null ? [] : schemaChanges(mapping, facts.catalogue, catalogue);
}

/**
 * Throws SchemaChanged unless the source still has what this generation's items are made of, all of it captured: an ALTER TABLE, a dropped
 * key or a disabled trigger is found before any step relies on a complete changelog (RACE-37, RACE-71). What the plan lets pass, passes.
 */
export async function assertSchema(ports: SchemaPorts, mapping: Mapping, generation: number): Promise<void> {
  const [changes, gaps] = await Promise.all([
    readSchemaChanges(ports, mapping, generation),
    ports.capture.gaps(mapping),
  ]);
  assertPassable(ports.plan, changes);
  if (gaps.length > 0) throw new SchemaChanged({ changes: gaps });
}
