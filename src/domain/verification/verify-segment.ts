import type { Item } from '../item.ts';
import { identityText } from '../row.ts';
import { itemBytes } from '../mapping/size.ts';
import type { SourceRow } from '../ports/source.ts';
import { type Candidate, fetchRows, type RowName } from './candidate.ts';
import type { Damage, Difference } from './finding.ts';
import { columnsOf, judgeRow, judgeUnique, judgeUnreadable, type StoredBodies } from './judge.ts';
import { createPart, type Part, STRANGER } from './part.ts';
import { type LiveReading, readItem, type UnreadableReading } from './reading.ts';
import { UNIQUE } from '../mapping/encode.ts';
import { recheck, type RecheckLimits, type RecheckPorts } from './recheck.ts';
import type { PartResult } from './record.ts';
import { scanAhead } from './scan-ahead.ts';
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

/**
 * Compares all items of one scan segment with the rows that they claim to be. The scan runs one page ahead of the comparison;
 * whatever differs is only a candidate until it was read again (RACE 28, RACE 34).
 */
export async function verifySegment(ports: RecheckPorts, options: SegmentOptions): Promise<SegmentResult> {
  const { segment, segments } = options;
  const part = createPart(options.alarmBytes);
  const seen = new Map<string, SeenRecorder>();
  const candidates: Candidate[] = [];
  for await (const page of scanAhead(ports.table, segment, segments)) {
    part.rcu(page.rcu);
    candidates.push(...(await comparePage(ports, options, page.items, part, seen)));
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
  const asked: { readonly item: Item; readonly reading: LiveReading | UnreadableReading }[] = [];
  for (const item of items) {
    part.size(itemBytes(item));
    const reading = readItem(ports.mapping, item);
    if (reading.kind === 'tombstone') continue;
    if (reading.kind !== 'unique') part.item(reading.entity?.name ?? STRANGER);
    asked.push({ item, reading });
  }
  const rows = await fetchRows(
    ports.rows,
    asked.flatMap(({ reading }) => nameOfReading(reading) ?? []),
  );
  for (const { item, reading } of asked) {
    const name = nameOfReading(reading);
    const row = name === null ? null : rows.get(name);
    const differences = judge(options, reading, item, row);
    if (reading.kind === 'unique') recorder(seen, UNIQUE).add(UNIQUE, [reading.key.PK, identityText(reading.identity)]);
    // An item in a wrong place is not the row's own: the pass over the source has to look for that where it belongs.
    else if (name !== null && !differences.some(({ damage }) => ELSEWHERE.has(damage)))
      recorder(seen, name.entity).add(name.entity, name.identity);
    if (differences.length > 0)
      candidates.push({
        kind: 'item',
        key: reading.key,
        entity: name?.entity ?? null,
        identity: name?.identity ?? null,
      });
    else if (reading.kind === 'row' && row !== null)
      part.matched(reading.entity.name, columnsOf(reading.entity), row.image);
  }
  return candidates;
}

const ELSEWHERE: ReadonlySet<Damage> = new Set(['key', 'shard', 'extra']);

function judge(
  { indexKeys, stored }: SegmentOptions,
  reading: LiveReading | UnreadableReading,
  item: Item,
  row: SourceRow | null,
): readonly Difference[] {
  if (reading.kind === 'unreadable') return judgeUnreadable(indexKeys, reading, item, row);
  return reading.kind === 'unique' ? judgeUnique(reading, row) : judgeRow(indexKeys, reading, item, row, stored);
}

function nameOfReading({ entity, identity }: LiveReading | UnreadableReading): RowName | null {
  return entity === null || identity === null ? null : { entity: entity.name, identity };
}

function recorder(seen: Map<string, SeenRecorder>, entity: string): SeenRecorder {
  const found = seen.get(entity) ?? createSeen();
  seen.set(entity, found);
  return found;
}
