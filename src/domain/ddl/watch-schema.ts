import { contentHash } from '../content-hash.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Mode, ModeState } from '../mode/modes.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Rollback } from '../ports/executions.ts';
import { type Adoption, adoptPartitions } from './adopt.ts';
import { readSchemaChanges, type SchemaPorts } from './assert-schema.ts';
import { actionFor, type SchemaAction } from './policy.ts';
import type { SchemaChange } from './schema-changes.ts';

/** Control record kind SCHEMA, id = generation: what DDL changed since the generation began, for `portage status`. */
export const SCHEMA_RECORD = 'SCHEMA';

export interface ChangeWithAction extends SchemaChange {
  readonly action: SchemaAction;
}

export interface WatchPorts extends SchemaPorts {
  readonly control: Pick<ControlTable, 'facts' | 'read' | 'write'>;
  readonly rollback: Rollback;
}

export interface WatchReport extends Adoption {
  readonly changes: readonly ChangeWithAction[];
  /** A rollback was started, or was started before in this epoch. */
  readonly halted: boolean;
}

/** Modes in which a halting change starts the rollback. */
const HALTED_IN: ReadonlySet<Mode> = new Set(['load', 'dual', 'shadow', 'reads', 'drained']);

/**
 * One look at the source's schema: lists what DDL changed, starts the rollback for a change that the plan does not let pass or that left
 * rows uncaptured, and adopts new partitions. The application's own statements go on in any case. May be repeated: a rollback is started
 * once per epoch.
 */
export async function watchSchema(
  ports: WatchPorts,
  input: { readonly mapping: Mapping; readonly state: ModeState; readonly pause: () => boolean },
): Promise<WatchReport> {
  const { mapping, state } = input;
  const catalogue = await ports.capture.catalogue();
  const found = await readSchemaChanges(ports, mapping, state.generation, catalogue);
  // Images of a table that lost a column cannot be made, so nothing is adopted where a change halts.
  if (found.some((change) => actionFor(ports.plan, change) === 'halt'))
    return { adopted: [], rows: 0, ...(await act(ports, state, found)) };
  const adoption = await adoptPartitions(ports, mapping, input.pause);
  const gaps = (await ports.capture.gaps(mapping, catalogue)).map((detail): SchemaChange => ({
    kind: 'uncaptured',
    table: 'capture',
    detail,
  }));
  return { ...adoption, ...(await act(ports, state, [...found, ...gaps])) };
}

/** Lists the changes, and starts the rollback where one of them halts. */
async function act(
  { plan, control, rollback }: WatchPorts,
  { mode, epoch, generation }: ModeState,
  found: readonly SchemaChange[],
): Promise<Pick<WatchReport, 'changes' | 'halted'>> {
  const changes = found.map((change): ChangeWithAction => ({ ...change, action: actionFor(plan, change) }));
  await list(control, generation, changes);
  const halting = changes.filter(({ action }) => action === 'halt');
  const halted = halting.length > 0 && HALTED_IN.has(mode);
  if (halted) await rollback.start(`schema-${epoch}`, { error: 'SchemaChanged', reason: reasonOf(halting) });
  return { changes, halted };
}

/** Written only when it differs: the watch runs every few seconds. */
async function list(
  control: WatchPorts['control'],
  generation: number,
  changes: readonly ChangeWithAction[],
): Promise<void> {
  const id = String(generation);
  const known = await control.read<readonly ChangeWithAction[]>(SCHEMA_RECORD, id);
  if (contentHash(known?.value ?? []) === contentHash(changes)) return;
  await control.write(SCHEMA_RECORD, id, changes, 'any');
}

function reasonOf(changes: readonly SchemaChange[]): string {
  return `the source's schema changed: ${changes.map(({ table, detail }) => `${table}: ${detail}`).join('; ')}`.slice(
    0,
    2_000,
  );
}
