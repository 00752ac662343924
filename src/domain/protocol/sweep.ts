import { SourceRewound } from '../errors.ts';
import type { Changelog } from '../ports/source.ts';
import type { Intent } from '../ports/table.ts';
import { mapConcurrently } from '../concurrency.ts';
import { repair, type RepairOptions, type RepairPorts } from './repair.ts';

export interface SweepPorts extends RepairPorts {
  readonly changelog: Changelog;
}

export interface SweepOptions extends Omit<RepairOptions, 'settling'> {
  /** Intents older than this and still in progress are reported as old. */
  readonly oldAfterMs: number;
}

export interface SweepReport {
  readonly intents: number;
  readonly committed: number;
  readonly repaired: number;
  readonly waiting: number;
  /** Waiting for longer than a dual write can take: worth an alarm. */
  readonly old: number;
}

/** Settles every dual write that left its intent behind, by what PostgreSQL says became of its transaction (RACE-12, RACE-17). */
export async function sweep(ports: SweepPorts, options: SweepOptions): Promise<SweepReport> {
  const intents = await ports.intents.list();
  // Marks that are settled and rows that newer ones have replaced; each key's newest row stays (RACE-69).
  await ports.changelog.prune();
  const fates = await mapConcurrently(8, intents, (intent) => settle(ports, options, intent));
  const number = (fate: string): number => fates.filter((candidate) => candidate === fate).length;
  const now = Date.parse(options.at);
  const old = intents.filter(
    ({ at }, index) => fates[index] === 'waiting' && now - Date.parse(at) > options.oldAfterMs,
  ).length;
  return {
    intents: intents.length,
    committed: number('committed'),
    repaired: number('repaired'),
    waiting: number('waiting'),
    old,
  };
}

/** One intent: wait, forget, or repair each of its keys and then forget. */
export async function settle(
  ports: SweepPorts,
  options: Omit<RepairOptions, 'settling'>,
  intent: Intent,
): Promise<'committed' | 'repaired' | 'waiting'> {
  const { hook = () => {} } = options;
  const status = await ports.changelog.status(intent.xid);
  await hook('status');
  // Repairing on a rewound source would spread what it lost (RACE-59).
  if (status === 'future') throw new SourceRewound({ xid: intent.xid });
  if (status === 'in progress') return 'waiting';
  if (status !== 'committed') await repairWrites(ports, options, intent);
  await ports.intents.delete(intent.uuid);
  await hook('forgotten');
  return status === 'committed' ? 'committed' : 'repaired';
}

/** Rule c for each key of an aborted dual write. */
export async function repairWrites(
  ports: RepairPorts,
  options: Omit<RepairOptions, 'settling'>,
  intent: Intent,
): Promise<void> {
  for (const { relation, pk, key } of intent.writes) {
    await repair(ports, { ...options, settling: intent.uuid }, { relation, pk, key });
  }
}
