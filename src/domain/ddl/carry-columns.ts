import type { Catalogue } from '../catalogue/catalogue.ts';
import { findColumn, findTable } from '../catalogue/tables.ts';
import { EpochMoved, PlanError, RecordChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Mode, ModeState } from '../mode/modes.ts';
import { compilePlan } from '../plan-check/compile-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { MonotonicClock } from '../ports/clock.ts';
import type { ControlTable, GenerationFacts } from '../ports/control.ts';
import { unfinishedColumns } from '../progress/carried.ts';
import { settleSeconds } from '../progress/settings.ts';
import { actionFor } from './policy.ts';
import { type SchemaChange, schemaChanges } from './schema-changes.ts';

export interface CarryPorts {
  readonly plan: Plan;
  readonly control: Pick<ControlTable, 'saveFacts' | 'move' | 'read' | 'write'>;
  readonly time: MonotonicClock;
  readonly capture: {
    /** Those of these columns that the trigger's images do not have yet. */
    uncaptured(columns: readonly TableColumn[]): Promise<readonly TableColumn[]>;
    /** Gives a table's trigger the images of the mapping, and lists its rows to be carried. */
    captureColumns(mapping: Mapping, table: string): Promise<void>;
    /** Puts the listed rows into the changelog until none is left, or `pause` says so; `done` once the relay has carried all of them. */
    carryTables(
      mapping: Mapping,
      options: { readonly pause: () => boolean },
    ): Promise<{ readonly rows: number; readonly done: boolean }>;
  };
}

interface SavingPorts {
  readonly control: Pick<CarryPorts['control'], 'saveFacts' | 'move'>;
}

interface UncarriedPorts {
  readonly plan: Plan;
  readonly control: Pick<ControlTable, 'facts'>;
  readonly capture: { catalogue(): Promise<Catalogue> };
}

interface TableColumn {
  readonly table: string;
  readonly column: string;
}

/** Modes in which a new column is taken in: the load is over, and PostgreSQL still has what DynamoDB gets. */
const TAKEN_IN: ReadonlySet<Mode> = new Set(['dual', 'shadow', 'reads', 'drained']);

/**
 * Takes new columns of mapped tables into the mapping, one step at a time, without a reload:
 *
 * 1. The facts get the columns, and the mode another mapping revision: every client and task maps them from then on. Reads of the table go to PostgreSQL.
 * 2. After lease and T no older mapping is in use, and the triggers' images get the columns.
 * 3. Every row goes through the changelog once, under its row lock, and the relay carries it.
 * 4. Once these changes are in DynamoDB, the columns count as carried: reads return to where the mode has them, and verification compares them.
 *
 * Which step is next stands in the facts and in the source, so any call may be the last one of its process. Returns the rows that were put
 * into the changelog.
 */
export async function carryColumns(
  ports: CarryPorts,
  input: {
    readonly mapping: Mapping;
    readonly state: ModeState;
    /** As they were read for this look; saved only where they are unchanged. */
    readonly facts: GenerationFacts;
    readonly added: readonly SchemaChange[];
    readonly catalogue: Catalogue;
    readonly pause: () => boolean;
  },
): Promise<number> {
  const { plan } = ports;
  const { mapping, state, facts, added, catalogue, pause } = input;
  if (!TAKEN_IN.has(state.mode)) return 0;
  const revision = facts.mappingRevision ?? 0;
  const takeIn = (before: GenerationFacts, change: SchemaChange): GenerationFacts =>
    reasonAgainst(plan, before, catalogue, change) === null ? withColumn(before, catalogue, change) : before;
  if (revision > state.mappingRevision) await publish(ports, state, revision);
  else if (added.length > 0) await save(ports, state, added.reduce(takeIn, facts));
  else if (mapping.revision === revision)
    return carryUnfinished(ports, { mapping, state, facts, settleMs: settleSeconds(plan) * 1000, pause });
  return 0;
}

/**
 * The number of tables with a column that the mapping takes in and that not every item has: gates and `drained` wait until it is 0. Before
 * `dual` the load is still to come, and in `complete` PostgreSQL takes no writes.
 */
export async function uncarriedTables(
  { plan, control, capture }: UncarriedPorts,
  mapping: Mapping,
  { mode, generation }: Pick<ModeState, 'mode' | 'generation'>,
): Promise<number> {
  if (!TAKEN_IN.has(mode)) return 0;
  const [facts, catalogue] = await Promise.all([control.facts(generation), capture.catalogue()]);
  if (facts === null) return 0;
  const added = schemaChanges(mapping, facts.catalogue, catalogue).filter(
    (change) => actionFor(plan, change) === 'carry' && reasonAgainst(plan, facts, catalogue, change) === null,
  );
  return new Set([...unfinishedColumns(facts), ...added].map(({ table }) => table)).size;
}

/** Why the mapping cannot take the column in; null where it can. */
export function reasonAgainst(
  plan: Plan,
  facts: GenerationFacts,
  catalogue: Catalogue,
  change: SchemaChange,
): string | null {
  try {
    const next = withColumn(facts, catalogue, change);
    compilePlan(plan, next.catalogue, next.shards, next);
    return null;
  } catch (error) {
    if (error instanceof PlanError) return error.message;
    throw error;
  }
}

/** The facts with this column of the source's present catalogue. */
function withColumn(
  facts: GenerationFacts,
  catalogue: Catalogue,
  { table, column = '' }: SchemaChange,
): GenerationFacts {
  const [known, present] = [findTable(facts.catalogue, table), findTable(catalogue, table)];
  const found = present === null ? null : findColumn(present, column);
  if (known === null || found === null) return facts;
  const tables = { ...facts.catalogue.tables, [table]: { ...known, columns: [...known.columns, found] } };
  const carried = [...(facts.carried ?? []), { table, column, finished: null }];
  return { ...facts, catalogue: { ...facts.catalogue, tables }, carried };
}

async function carryUnfinished(
  { control, capture, time }: CarryPorts,
  input: {
    readonly mapping: Mapping;
    readonly state: ModeState;
    readonly facts: GenerationFacts;
    readonly settleMs: number;
    readonly pause: () => boolean;
  },
): Promise<number> {
  const { mapping, state, facts, settleMs, pause } = input;
  const columns = unfinishedColumns(facts);
  if (columns.length === 0) return 0;
  const uncaptured = await capture.uncaptured(columns);
  if (uncaptured.length > 0) {
    if (!(await settled({ control, time }, { state, revision: mapping.revision, settleMs, pause }))) return 0;
    for (const table of new Set(uncaptured.map((column) => column.table))) await capture.captureColumns(mapping, table);
  }
  const { rows, done } = await capture.carryTables(mapping, { pause });
  if (!done) return rows;
  const finished = mapping.revision + 1;
  const carried = (facts.carried ?? []).map((column) => ({ ...column, finished: column.finished ?? finished }));
  await save({ control }, state, { ...facts, carried });
  return rows;
}

/** Control record kind SCHEMA, id = generation with this suffix: how long looks have waited for the older mappings. */
const SETTLED_SUFFIX = '#settled';
const WAIT_STEP_MS = 1_000;

interface Settled {
  readonly revision: number;
  readonly milliseconds: number;
}

/**
 * Waits until lease and T have passed since the mapping's revision was published; false where `pause` ends the wait, which the next call
 * continues. Nothing tells how long ago the revision was published, so only time that a look has waited counts, and of looks at the same
 * time only that of one: the record is written over the revision that was read before the wait.
 */
async function settled(
  { control, time }: Pick<CarryPorts, 'control' | 'time'>,
  input: {
    readonly state: ModeState;
    readonly revision: number;
    readonly settleMs: number;
    readonly pause: () => boolean;
  },
): Promise<boolean> {
  const { revision, settleMs, pause } = input;
  const id = `${input.state.generation}${SETTLED_SUFFIX}`;
  const known = await control.read<Settled>('SCHEMA', id);
  const before = known?.value.revision === revision ? known.value.milliseconds : 0;
  const from = time.monotonic();
  const waited = (): number => before + time.monotonic() - from;
  while (waited() < settleMs && !pause()) await time.sleep(Math.min(WAIT_STEP_MS, settleMs - waited()));
  if (waited() >= settleMs) return true;
  await control
    .write('SCHEMA', id, { revision, milliseconds: waited() }, known?.revision ?? 0)
    .catch((error: unknown) => {
      if (!(error instanceof RecordChanged)) throw error;
    });
  return false;
}

async function save(ports: SavingPorts, state: ModeState, facts: GenerationFacts): Promise<void> {
  const revision = facts.mappingRevision ?? 0;
  await ports.control.saveFacts({ ...facts, mappingRevision: revision + 1 }, revision);
  await publish(ports, state, revision + 1);
}

/**
 * Clients and tasks read the facts again when the mode says that the mapping has another revision. Where the mode has moved meanwhile, the
 * next call publishes it.
 */
async function publish({ control }: SavingPorts, state: ModeState, mappingRevision: number): Promise<void> {
  const { epoch: _, ...to } = state;
  await control.move(state, { ...to, mappingRevision }).catch((error: unknown) => {
    if (!(error instanceof EpochMoved)) throw error;
  });
}
