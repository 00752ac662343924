import { SourceRewound } from '../errors.ts';
import type { Changelog } from '../ports/source.ts';
import { uniqueKeys, UNIQUE } from '../mapping/items/encode.ts';
import { itemKeyText } from '../mapping/items/read-system-attributes.ts';
import { entityOfRow } from '../mapping/mapping.ts';
import type { Intent, Intents } from '../ports/table.ts';
import { type Identity, identityText } from '../row.ts';
import { mapConcurrently } from '../concurrency.ts';
import { repair, type RepairOptions, type RepairPorts } from './repair.ts';

export interface SweepPorts extends RepairPorts {
  readonly changelog: Changelog;
  readonly intents: Intents;
}

export interface SweepOptions extends Omit<RepairOptions, 'settling'> {
  /** Intents older than this, in milliseconds, and still in progress are reported as old. */
  readonly oldAfterMs: number;
}

export interface SweepReport {
  readonly intents: number;
  readonly committed: number;
  readonly repaired: number;
  readonly waiting: number;
  /** Waiting for longer than a dual write can take: raises an alarm. */
  readonly old: number;
}

/**
 * Settles every dual write whose intent is still stored, by the status of its transaction in PostgreSQL (RACE-12, RACE-17). Committed: deletes
 * the intent. Aborted: repairs each key by rule c, then deletes the intent. In progress: waits. May be repeated.
 *
 * @throws SourceRewound where PostgreSQL was restored or lost commits: repairing would spread the loss
 */
export async function sweep(ports: SweepPorts, options: SweepOptions): Promise<SweepReport> {
  const intents = await ports.intents.list();
  // Deletes changelog rows that are done, except the newest of each key (RACE-69).
  await ports.changelog.prune();
  const outcomes = await mapConcurrently(8, intents, (intent) => settle(ports, options, intent));
  const countOf = (outcome: string): number => outcomes.filter((candidate) => candidate === outcome).length;
  const now = Date.parse(options.at);
  const old = intents.filter(
    ({ at }, index) => outcomes[index] === 'waiting' && now - Date.parse(at) > options.oldAfterMs,
  ).length;
  return {
    intents: intents.length,
    committed: countOf('committed'),
    repaired: countOf('repaired'),
    waiting: countOf('waiting'),
    old,
  };
}

/** Settles one intent: waits, deletes it, or repairs each of its keys and then deletes it. */
async function settle(
  ports: SweepPorts,
  options: Omit<RepairOptions, 'settling'>,
  intent: Intent,
): Promise<'committed' | 'repaired' | 'waiting'> {
  const { hook = () => {} } = options;
  const status = await ports.changelog.status(intent.xid);
  await hook('status');
  // Repairing from a rewound source would spread its loss (RACE-59).
  if (status === 'future') throw new SourceRewound({ xid: intent.xid });
  if (status === 'in progress') return 'waiting';
  if (status !== 'committed') await repairWrites(ports, options, intent);
  await ports.intents.delete(intent.txn);
  await hook('forgotten');
  return status === 'committed' ? 'committed' : 'repaired';
}

/**
 * Rule c for each key of an aborted dual write. A unique value that it passed from one row to another goes back: the intent names the row
 * that would have it, the source says who has. The holder's repair comes first: a tombstone in between would have the version of the item
 * that follows, and another repair could not tell one from the other (RACE-21).
 */
export async function repairWrites(
  ports: RepairPorts,
  options: Omit<RepairOptions, 'settling'>,
  intent: Intent,
): Promise<void> {
  const holders = await holdersOf(ports, options, intent);
  for (const { relation, pk, key } of intent.writes) {
    const holder = holders.get(itemKeyText(key));
    const rows = holder === undefined || identityText(holder) === identityText(pk) ? [pk] : [holder, pk];
    for (const row of rows) await repair(ports, { ...options, settling: intent.txn }, { relation, pk: row, key });
  }
}

/** The rows of the dual write by the unique values that they hold in the source. */
async function holdersOf(
  ports: RepairPorts,
  { mapping }: Pick<RepairOptions, 'mapping'>,
  { writes }: Intent,
): Promise<ReadonlyMap<string, Identity>> {
  const holders = new Map<string, Identity>();
  if (!writes.some(({ key }) => key.SK === UNIQUE)) return holders;
  for (const relation of new Set(writes.map((write) => write.relation))) {
    const rows = new Map(
      writes.filter((write) => write.relation === relation).map(({ pk }) => [identityText(pk), pk] as const),
    );
    for (const { identity, image } of await ports.rows.current(relation, [...rows.values()])) {
      const entity = image === null ? null : entityOfRow(mapping, relation, image);
      if (image === null || entity === null) continue;
      for (const key of uniqueKeys(entity, image)) holders.set(itemKeyText(key), identity);
    }
  }
  return holders;
}
