import type { Item } from '../item.ts';
import { identityText } from '../row.ts';
import { itemBytes } from '../mapping/size.ts';
import { type Candidate, fetchRows } from './candidate.ts';
import { columnsOf, judgeRow, judgeUnique, type StoredBodies } from './judge.ts';
import { createPart, type Part, STRANGER } from './part.ts';
import { type Reading, readItem } from './reading.ts';
import { recheck, type RecheckLimits, type RecheckPorts } from './recheck.ts';
import type { PartResult } from './record.ts';
import { createSeen, type SeenRecorder } from './seen.ts';

export interface SegmentOptions extends RecheckLimits {
  readonly segment: number;
  readonly segments: number;
  readonly alarmBytes: number;
  readonly stored: StoredBodies;
}

export interface SegmentResult {
  readonly result: PartResult;
  /** Per entity, the rows whose items stand where they belong; uniqueness items under `UNIQUE`. */
  readonly seen: ReadonlyMap<string, SeenRecorder>;
}

/** Name under which uniqueness items are seen: their identity is their key. */
export const UNIQUE = 'UNIQUE';

/**
 * Compares all items of one scan segment with the rows that they claim to be. The scan runs one page ahead of the comparison;
 * whatever differs is only a candidate until it was read again (RACE 28, RACE 34).
 */
export async function verifySegment(ports: RecheckPorts, options: SegmentOptions): Promise<SegmentResult> {
  const { segment, segments } = options;
  const part = createPart(options.alarmBytes);
  const seen = new Map<string, SeenRecorder>();
  const candidates: Candidate[] = [];
  let scan = ports.table.scan(segment, segments, null);
  for (;;) {
    const page = await scan;
    part.rcu(page.rcu);
    if (page.next !== null) {
      scan = ports.table.scan(segment, segments, page.next);
      // An error of the next page is raised where it is awaited, not while this page is compared.
      scan.catch(() => {});
    }
    candidates.push(...(await comparePage(ports, options, page.items, part, seen)));
    if (page.next === null) break;
  }
  await recheck(ports, options, candidates, part);
  return { result: part.result(), seen };
}

async function comparePage(
  ports: RecheckPorts,
  options: SegmentOptions,
  items: readonly Item[],
  part: Part,
  seen: Map<string, SeenRecorder>,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  const live: { readonly item: Item; readonly reading: Extract<Reading, { readonly kind: 'row' | 'unique' }> }[] = [];
  for (const item of items) {
    part.size(itemBytes(item));
    const reading = readItem(ports.mapping, item);
    if (reading.kind === 'tombstone') continue;
    if (reading.kind === 'unreadable') {
      part.item(reading.entity ?? STRANGER);
      candidates.push({ kind: 'item', key: reading.key, entity: reading.entity, identity: null });
      continue;
    }
    if (reading.kind === 'row') part.item(reading.entity.name);
    live.push({ item, reading });
  }
  const rows = await fetchRows(
    ports.rows,
    live.map(({ reading }) => ({ entity: reading.entity.name, identity: reading.identity })),
  );
  for (const { item, reading } of live) {
    const entity = reading.entity.name;
    const row = rows.get({ entity, identity: reading.identity });
    const differences =
      reading.kind === 'unique'
        ? judgeUnique(reading, row)
        : judgeRow(options.indexes, reading, item, row, options.stored);
    const misplaced = differences.some(({ damage }) => damage === 'key' || damage === 'shard' || damage === 'extra');
    // A row under a wrong key was not met where it belongs: the pass over the source has to look for it there.
    if (reading.kind === 'unique') recorder(seen, UNIQUE).add(UNIQUE, [reading.key.PK, identityText(reading.identity)]);
    else if (!misplaced) recorder(seen, entity).add(entity, reading.identity);
    if (differences.length > 0) candidates.push({ kind: 'item', key: reading.key, entity, identity: reading.identity });
    else if (reading.kind === 'row' && row !== null) part.matched(entity, columnsOf(reading.entity), row.image);
  }
  return candidates;
}

function recorder(seen: Map<string, SeenRecorder>, entity: string): SeenRecorder {
  const found = seen.get(entity) ?? createSeen();
  seen.set(entity, found);
  return found;
}
