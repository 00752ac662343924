import type { ProcessSpec } from '../state-space.ts';
import { type Compare, compareStores } from '../invariants.ts';
import { orchestrator, type OrchestratorBroken, type Order } from './orchestrator.ts';
import type { Write } from './ports.ts';
import type { Scenario } from '../scenario.ts';
import { relay, relayTask, repairer, sweeper, sweepTask, loader } from './tasks.ts';
import { put } from './writes.ts';
import { bypass, client, dual, type DualBroken } from './writers.ts';

// Who takes part in scenarios and defences, under the names that traces use.

export const A = { id: 'a', value: 'init' };
export const B = { id: 'b', value: 'init' };

/** Row b takes the name that row a has. */
export const CLAIM = put('b', 'w2', { name: 'n' });

export const NAMED = [
  { ...A, name: 'n' },
  { ...B, name: 'm' },
];

/** Rows a and b exchange their names, which is free in between, as an immediate unique index demands. */
export const EXCHANGE = [put('a', 'w1'), put('b', 'w1', { name: 'n' }), put('a', 'w1', { name: 'm' })];

export const RELAY: ProcessSpec = { name: 'relay', script: relay() };
export const RELAY_2: ProcessSpec = { name: 'relay 2', script: relay() };
export const SWEEPER: ProcessSpec = { name: 'sweeper', script: sweeper() };
export const SWEEPER_2: ProcessSpec = { name: 'sweeper 2', script: sweeper() };
export const LOADER: ProcessSpec = { name: 'loader', script: loader(1) };
export const REPAIR: ProcessSpec = { name: 'repair', script: repairer('a') };
export const RELAY_TASK: ProcessSpec = { name: 'relay', script: relayTask() };

export function dualWriter(name: string, writes: readonly Write[], broken: DualBroken = {}): ProcessSpec {
  return { name, script: dual(name, writes, broken) };
}

/** synchronous_commit = off: the most that a writer can do to us. */
export function plainWriter(name: string, ...writes: readonly Write[]): ProcessSpec {
  return { name, script: bypass(name, writes) };
}

export function clientOf(name: string, write: Write): ProcessSpec {
  return { name, script: client(name, write) };
}

export function orchestrating(orders: readonly Order[], broken: OrchestratorBroken = {}): ProcessSpec {
  return { name: 'orchestrator', script: orchestrator(orders, broken) };
}

/** Dual mode, one row in both stores; at the end of each run relay and sweeper come round until nothing is left. */
export function dualScenario(name: string, more: Partial<Scenario> & Pick<Scenario, 'processes'>): Scenario {
  return { name, rows: [A], crashes: 0, closing: [relay(), sweeper()], ...more };
}

/** With moves of the mode: the scheduled tasks do what they may in the mode that they find. */
export function movingScenario(name: string, more: Partial<Scenario> & Pick<Scenario, 'processes'>): Scenario {
  return { name, rows: [A], crashes: 0, closing: [relayTask(), sweepTask()], ...more };
}

/** Stores have to be equal once a load is over. */
export const onceDual: Compare = (source, target, control) =>
  control.state.mode === 'dual' ? compareStores(source, target, control) : null;

export function without(orders: readonly Order[], run: string): readonly Order[] {
  return orders.filter((order) => !('run' in order && order.run === run));
}

/** From off to dual: a generation begins, with everything in it. */
export const BEGIN: readonly Order[] = [
  { run: 'install' },
  { wait: 'settle' },
  { move: { mode: 'load', readPercent: 0 } },
  { run: 'load' },
  { run: 'tombstone stale items' },
  { move: { mode: 'dual', readPercent: 0 } },
];

/** The recovery from a data loss: everything is rewritten, begun while nobody writes. */
export const REWRITE: readonly Order[] = [{ move: { mode: 'stopped', readPercent: 0 } }, { wait: 'settle' }, ...BEGIN];

/** Writes stop, PostgreSQL comes back from its snapshot, everything is rewritten. */
export const RESTORE: readonly Order[] = [...REWRITE.slice(0, 2), { run: 'restore' }, ...BEGIN];

/** Lease wait, fence, drain, T, look again, verify, complete: as the decommission machine does. */
export const COMPLETE: readonly Order[] = [
  { move: { mode: 'drained', readPercent: 0 } },
  { wait: 'settle' },
  { run: 'fence' },
  { run: 'drain' },
  { wait: 'requests' },
  { run: 'still drained' },
  { run: 'verify' },
  { move: { mode: 'complete', readPercent: 0 } },
];
