import type { Catalogue } from '../catalogue/catalogue.ts';
import { LockTimeout } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { compilePlan } from '../plan-check/compile-plan.ts';
import { nextState } from '../mode/transitions.ts';
import { planHash } from '../plan/plan-hash.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable, ShardOwners } from '../ports/control.ts';
import type { Table } from '../ports/table.ts';

/** Installs and checks capture in the source. */
export interface Capture {
  catalogue(): Promise<Catalogue>;
  /** May be repeated. */
  install(mapping: Mapping, generation: number): Promise<void>;
  /** Tokens of the transactions that write to mapped tables now. */
  openWriters(): Promise<readonly string[]>;
  /** Those of them that are still open. */
  stillOpen(writers: readonly string[]): Promise<readonly string[]>;
  /** Marks all changes so far as done: the load that follows covers them. */
  discharge(): Promise<void>;
  shardOwners(mapping: Mapping): Promise<ShardOwners>;
  /** What capture does not cover, in words; empty = complete. Of the tables that `known` has, where it is given. */
  gaps(mapping: Mapping, known?: Catalogue): Promise<readonly string[]>;
}

export interface InstallPorts {
  readonly plan: Plan;
  readonly control: ControlTable;
  readonly capture: Capture;
  readonly table: Pick<Table, 'scan'>;
  readonly time: { monotonic(): number; sleep(milliseconds: number): Promise<void> };
}

/** Control record kind, by generation: which run installed its capture. */
const CAPTURE = 'CAPTURE';

interface Installed {
  readonly run: string;
  /** The target was empty when the generation began, so no item of an older one can be left in it. */
  readonly fromEmpty: boolean;
}

/** Whether the target was empty when a generation began. */
export async function beganEmpty(control: ControlTable, generation: number): Promise<boolean> {
  return (await control.read<Installed>(CAPTURE, String(generation)))?.value.fromEmpty === true;
}

const TIMEOUT_MS = 240_000;
const POLL_MS = 100;

/**
 * Begins a generation: installs capture on every mapped table, waits for older transactions to end (RACE-5), saves catalogue and shard
 * owners, and only then moves the mode to `capture`. May be repeated: the same run begins one generation only (RACE-59).
 *
 * @throws MoveRefused where the mode does not allow a new generation
 * @throws EpochMoved where another process moved the mode
 * @throws LockTimeout where older transactions do not end within four minutes
 * @throws PlanError where the plan does not fit the source
 */
export async function installGeneration(
  ports: InstallPorts,
  run: string,
): Promise<{ readonly generation: number; readonly fingerprint: string; readonly shardOwners: number }> {
  const { plan, control, capture } = ports;
  const state = await control.mode();
  const target = nextState(state, { mode: 'capture', readPercent: 0 }, plan.cutover.stages);
  const installed = await control.read<Installed>(CAPTURE, String(state.generation));
  const isRepeat = target === null && installed?.value.run === run;
  const generation = isRepeat ? state.generation : state.generation + 1;
  const { mappingRevision } = state;
  const catalogue = await capture.catalogue();
  const mapping = compilePlan(plan, catalogue, {});
  await capture.install(mapping, generation);
  await waitForOlderWriters(ports);
  // A change of an older generation, relayed in the new one, would overwrite the tombstone of a later deletion (RACE-59). Not repeated once
  // the generation has begun, because its own changes must be relayed.
  if (!isRepeat) await capture.discharge();
  const shards = (isRepeat ? await control.facts(generation) : null)?.shards ?? (await capture.shardOwners(mapping));
  await control.saveFacts({ generation, catalogue, shards, planHash: planHash(plan), mappingRevision });
  const fromEmpty = isRepeat ? installed?.value.fromEmpty === true : await isEmpty(ports.table);
  await control.write(CAPTURE, String(generation), { run, fromEmpty } satisfies Installed, 'any');
  if (!isRepeat)
    await control.move(state, { mode: 'capture', readPercent: 0, generation, stoppedFrom: null, mappingRevision });
  const owners = Object.values(shards).reduce((sum, names) => sum + names.length, 0);
  return { generation, fingerprint: catalogue.fingerprint, shardOwners: owners };
}

/** Waits for transactions that began before the trigger: they may have written rows that are not in the changelog. */
async function waitForOlderWriters({ capture, time }: InstallPorts): Promise<void> {
  const deadline = time.monotonic() + TIMEOUT_MS;
  let open = await capture.openWriters();
  while (open.length > 0) {
    if (time.monotonic() > deadline)
      throw new LockTimeout({ relation: `${open.length} transactions older than capture` });
    await time.sleep(POLL_MS);
    open = await capture.stillOpen(open);
  }
}

async function isEmpty(table: Pick<Table, 'scan'>): Promise<boolean> {
  const page = await table.scan(0, 1, null);
  return page.items.length === 0 && page.next === null;
}
