import type { Catalogue } from '../catalogue/catalogue.ts';
import { LockTimeout } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { compilePlan } from '../plan-check/compile-plan.ts';
import { nextState } from '../mode/transitions.ts';
import { planHash } from '../plan/plan-hash.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable, ShardOwners } from '../ports/control.ts';
import type { Table } from '../ports/table.ts';

/** Capture in the source, as the start of a generation needs it. */
export interface Capture {
  catalogue(): Promise<Catalogue>;
  /** May be repeated. */
  install(mapping: Mapping, generation: number): Promise<void>;
  /** Writers of mapped tables that are open now, as tokens. */
  openWriters(): Promise<readonly string[]>;
  /** Those of them that are still open. */
  stillOpen(writers: readonly string[]): Promise<readonly string[]>;
  /** Marks every change there is as discharged: the load that follows covers them. */
  discharge(): Promise<void>;
  shardOwners(mapping: Mapping): Promise<ShardOwners>;
  /** What stands between capture and completeness; empty = whole. */
  gaps(mapping: Mapping): Promise<readonly string[]>;
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
  /** The table held nothing when the generation began: then nothing of an older one can be left in it. */
  readonly fromEmpty: boolean;
}

/** Whether a generation began with an empty table. */
export async function beganEmpty(control: ControlTable, generation: number): Promise<boolean> {
  return (await control.read<Installed>(CAPTURE, String(generation)))?.value.fromEmpty === true;
}

const PATIENCE_MS = 240_000;
const PAUSE_MS = 100;

/**
 * Begins a generation: capture on every mapped table, older transactions ended (RACE 5), catalogue and shard owners fixed, and only
 * then the conditional move to `capture`. Every step may be repeated, and the same run begins one generation only (RACE 59).
 */
export async function installGeneration(
  ports: InstallPorts,
  run: string,
): Promise<{ readonly generation: number; readonly fingerprint: string; readonly shardOwners: number }> {
  const { plan, control, capture } = ports;
  const state = await control.mode();
  const target = nextState(state, { mode: 'capture', readPercent: 0 }, plan.cutover.stages);
  const installed = await control.read<Installed>(CAPTURE, String(state.generation));
  const again = target === null && installed?.value.run === run;
  const generation = again ? state.generation : state.generation + 1;
  const catalogue = await capture.catalogue();
  const mapping = compilePlan(plan, catalogue, {});
  await capture.install(mapping, generation);
  await olderWritersEnded(ports);
  // A change of an older generation, carried under the new one, would cover the tombstone of a later deletion (RACE-59). Never again once
  // the generation has begun: its own changes are the relay's.
  if (!again) await capture.discharge();
  const shards = (again ? await control.facts(generation) : null)?.shards ?? (await capture.shardOwners(mapping));
  await control.saveFacts({ generation, catalogue, shards, planHash: planHash(plan) });
  const fromEmpty = again ? installed?.value.fromEmpty === true : await isEmpty(ports.table);
  await control.write(CAPTURE, String(generation), { run, fromEmpty } satisfies Installed, 'any');
  if (!again) await control.move(state, { mode: 'capture', readPercent: 0, generation, stoppedFrom: null });
  const owners = Object.values(shards).reduce((sum, names) => sum + names.length, 0);
  return { generation, fingerprint: catalogue.fingerprint, shardOwners: owners };
}

/** A transaction that began before the trigger may have written without it, and is not in the changelog. */
async function olderWritersEnded({ capture, time }: InstallPorts): Promise<void> {
  const ends = time.monotonic() + PATIENCE_MS;
  let open = await capture.openWriters();
  while (open.length > 0) {
    if (time.monotonic() > ends) throw new LockTimeout({ relation: `${open.length} transactions older than capture` });
    await time.sleep(PAUSE_MS);
    open = await capture.stillOpen(open);
  }
}

async function isEmpty(table: Pick<Table, 'scan'>): Promise<boolean> {
  const page = await table.scan(0, 1, null);
  return page.items.length === 0 && page.next === null;
}
