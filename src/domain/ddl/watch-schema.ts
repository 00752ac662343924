import { contentHash } from '../content-hash.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Mode, ModeState } from '../mode/modes.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable, GenerationFacts } from '../ports/control.ts';
import type { Rollback } from '../ports/executions.ts';
import { type Adoption, adoptPartitions } from './adopt.ts';
import { type CarryPorts, carryColumns, reasonAgainst } from './carry-columns.ts';
import { readSchemaChanges, type SchemaPorts } from './assert-schema.ts';
import { actionFor, type SchemaAction } from './policy.ts';
import type { SchemaChange } from './schema-changes.ts';

/** Control record kind SCHEMA, id = generation: what DDL changed since the generation began, for `portage status`. */
export const SCHEMA_RECORD = 'SCHEMA';

export interface ChangeWithAction extends SchemaChange {
  readonly action: SchemaAction;
}

export interface WatchPorts extends Omit<SchemaPorts, 'plan'>, CarryPorts {
  readonly control: SchemaPorts['control'] & CarryPorts['control'] & Pick<ControlTable, 'read' | 'write'>;
  readonly capture: SchemaPorts['capture'] & CarryPorts['capture'];
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
 * rows uncaptured, adopts new partitions, and carries new columns. The application's own statements go on in any case. May be repeated: a rollback is started
 * once per epoch.
 */
export async function watchSchema(
  ports: WatchPorts,
  input: { readonly mapping: Mapping; readonly state: ModeState; readonly pause: () => boolean },
): Promise<WatchReport> {
  const { mapping, state } = input;
  const [catalogue, facts] = await Promise.all([ports.capture.catalogue(), ports.control.facts(state.generation)]);
  const changes = await readSchemaChanges(ports.capture, mapping, facts, catalogue);
  const decided = changes.map((change) => decide(ports.plan, facts, catalogue, change));
  const found = [...decided, ...carriedChanges(facts)];
  // Images of a table that lost a column cannot be made, so nothing is adopted where a change halts.
  if (found.some(({ action }) => action === 'halt'))
    return { adopted: [], rows: 0, ...(await act(ports, state, found)) };
  const adoption = await adoptPartitions(ports, mapping, input.pause);
  const gaps = (await ports.capture.gaps(mapping, catalogue)).map((detail): ChangeWithAction => ({
    kind: 'uncaptured',
    table: 'capture',
    detail,
    action: 'halt',
  }));
  const report = await act(ports, state, [...found, ...gaps]);
  if (report.halted || facts === null) return { ...adoption, ...report };
  const added = decided.filter(({ action }) => action === 'carry');
  const carried = await carryColumns(ports, { mapping, state, facts, added, catalogue, pause: input.pause });
  return { ...adoption, rows: adoption.rows + carried, ...report };
}

/** A column that the mapping cannot take in is left out, and the reason told. */
function decide(
  plan: Plan,
  facts: GenerationFacts | null,
  catalogue: Catalogue,
  change: SchemaChange,
): ChangeWithAction {
  const action = actionFor(plan, change);
  if (action !== 'carry' || facts === null) return { ...change, action };
  const reason = reasonAgainst(plan, facts, catalogue, change);
  return reason === null
    ? { ...change, action }
    : { ...change, action: 'note', detail: `${change.detail} and is left out: ${reason}` };
}

/** What was taken in since the generation began, which the facts have and the comparison therefore does not find. */
function carriedChanges(facts: GenerationFacts | null): readonly ChangeWithAction[] {
  return (facts?.carried ?? []).map(({ table, column, finished }) => ({
    kind: 'column-added',
    table,
    column,
    detail: `column ${column} was added, ${finished === null ? 'its values are being carried' : 'all items have it'}`,
    action: 'carry',
  }));
}

/** Lists the changes, and starts the rollback where one of them halts. */
async function act(
  { control, rollback }: WatchPorts,
  { mode, epoch, generation }: ModeState,
  changes: readonly ChangeWithAction[],
): Promise<Pick<WatchReport, 'changes' | 'halted'>> {
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
