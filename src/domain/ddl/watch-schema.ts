import { contentHash } from '../content-hash.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Mode, ModeState } from '../mode/modes.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Rollback } from '../ports/executions.ts';
import { readSchemaChanges, type SchemaPorts } from './assert-schema.ts';
import { actionFor, type SchemaAction } from './policy.ts';
import type { SchemaChange } from './schema-changes.ts';

/** Control record kind SCHEMA, id = generation: what DDL changed since the generation began, for `portage status`. */
export const SCHEMA_RECORD = 'SCHEMA';

export interface NotedChange extends SchemaChange {
  readonly action: SchemaAction;
}

export interface WatchPorts extends SchemaPorts {
  readonly control: Pick<ControlTable, 'facts' | 'read' | 'write'>;
  readonly capture: SchemaPorts['capture'] & {
    follow(
      mapping: Mapping,
      pause: () => boolean,
    ): Promise<{ readonly followed: readonly string[]; readonly rows: number }>;
  };
  readonly rollback: Rollback;
}

export interface WatchReport {
  readonly changes: readonly NotedChange[];
  readonly followed: readonly string[];
  /** Rows of followed tables that were put into the changelog. */
  readonly carried: number;
  /** A rollback was started, or was already under way. */
  readonly halted: boolean;
}

/** Modes in which the target is in use, so that it must not be built on a schema that is gone. */
const HALTED_IN: ReadonlySet<Mode> = new Set(['load', 'dual', 'shadow', 'reads', 'drained']);

/**
 * One look at the source's schema: lists what DDL changed, takes up new partitions, and starts the rollback for a change that the plan
 * does not let pass. The application's own statements go on in any case. May be repeated: a rollback is started once per epoch.
 */
export async function watchSchema(
  ports: WatchPorts,
  input: { readonly mapping: Mapping; readonly state: ModeState; readonly pause: () => boolean },
): Promise<WatchReport> {
  const { mapping, state } = input;
  const found = await readSchemaChanges(ports, mapping, state.generation);
  const changes = found.map((change): NotedChange => ({ ...change, action: actionFor(ports.plan, change) }));
  await note(ports.control, state.generation, changes);
  const halting = changes.filter(({ action }) => action === 'halt');
  const halted = halting.length > 0 && HALTED_IN.has(state.mode);
  if (halted)
    await ports.rollback.start(`schema-${state.epoch}`, { error: 'SchemaChanged', reason: reasonOf(halting) });
  // Not where something halts: images of a table that lost a column cannot be made.
  const follows = halting.length === 0 && changes.some(({ action }) => action === 'follow');
  const { followed, rows } = follows ? await ports.capture.follow(mapping, input.pause) : { followed: [], rows: 0 };
  return { changes, followed, carried: rows, halted };
}

/** Written only when it differs: the watch runs every few seconds. */
async function note(
  control: WatchPorts['control'],
  generation: number,
  changes: readonly NotedChange[],
): Promise<void> {
  const id = String(generation);
  const known = await control.read<readonly NotedChange[]>(SCHEMA_RECORD, id);
  if (contentHash(known?.value ?? []) === contentHash(changes)) return;
  await control.write(SCHEMA_RECORD, id, changes, 'any');
}

function reasonOf(changes: readonly SchemaChange[]): string {
  return `the source's schema changed: ${changes.map(({ table, detail }) => `${table}: ${detail}`).join('; ')}`.slice(
    0,
    2_000,
  );
}
