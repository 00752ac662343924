import type { Item, ItemKey } from '../item.ts';
import { UNIQUE } from '../mapping/encode.ts';
import { itemBytes } from '../mapping/size.ts';
import type { DigestedRow } from '../ports/row-digests.ts';
import type { SourceRow } from '../ports/source.ts';
import { identityText } from '../row.ts';
import { type Candidate, fetchDigests, fetchRows, type RowName } from './candidate.ts';
import { shownByIndexes } from './compare.ts';
import { rowDigest } from './digest.ts';
import type { Damage, Difference } from './finding.ts';
import { judgeForm, judgeRow, judgeUnique, judgeUnreadable, type Manner } from './judge.ts';
import { hasForm } from './form.ts';
import { createPart, type Part, STRANGER } from './part.ts';
import { checkPointers, type Listing, type PointerPorts, type Pointing } from './pointers.ts';
import { bodiesOf, readItem, type LiveReading, type UnreadableReading } from './reading.ts';
import { createRecheck, type RecheckLimits, type RecheckPorts } from './recheck.ts';
import type { PartResult } from './record.ts';
import { gathered, scanAhead } from './scan-ahead.ts';
import { covers, type Scope } from './scope.ts';
import { createSeen, type SeenRecorder } from './seen.ts';

export interface SegmentOptions extends RecheckLimits {
  readonly segment: number;
  readonly segments: number;
  readonly scope: Scope;
  readonly alarmBytes: number;
  readonly listing: Listing;
  /** Told how many items were compared, page by page. */
  readonly progress?: (rows: number) => void;
}

export interface SegmentResult {
  readonly result: PartResult;
  /** Per entity, the rows whose items stand where they belong; uniqueness items under `UNIQUE`. */
  readonly seen: ReadonlyMap<string, SeenRecorder>;
  /** Bodies that the next run need not prove again while they are not written. */
  readonly proven: ReadonlyMap<string, string>;
}

interface PointingRow extends Pointing {
  readonly key: ItemKey;
  readonly digest: string;
}

interface Segment {
  readonly part: Part;
  readonly seen: Map<string, SeenRecorder>;
  /** At most as many as the segment has items. */
  readonly pointing: PointingRow[];
}

/**
 * Compares all items of one scan segment with the rows that they claim to be. The scan runs one page ahead of the comparison;
 * whatever differs is only a candidate until it was read again (RACE 28, RACE 34).
 */
export async function verifySegment(
  ports: RecheckPorts & PointerPorts,
  options: SegmentOptions,
): Promise<SegmentResult> {
  const part = createPart(options.alarmBytes);
  const segment: Segment = { part, seen: new Map(), pointing: [] };
  const recheck = createRecheck(ports, options, part);
  let earlier: Promise<readonly Candidate[]> = Promise.resolve([]);
  for await (const { items, rcu } of gathered(scanAhead(ports.table, options.segment, options.segments))) {
    part.rcu(rcu);
    // Two batches at a time: while the source works on one, the other is judged.
    const current = compareBatch(ports, options, items, segment);
    current.catch(() => {});
    await recheck.add(await earlier);
    earlier = current;
    options.progress?.(items.length);
  }
  await recheck.add(await earlier);
  const { right, doubtful, proven } = await checkPointers(ports, options.listing, segment.pointing);
  for (const { entity, digest } of right) part.matched(entity, digest);
  await recheck.add(doubtful.map(({ key, entity, identity }) => ({ kind: 'item', key, entity, identity })));
  await recheck.end();
  return { result: part.result(), seen: segment.seen, proven };
}

async function compareBatch(
  ports: RecheckPorts,
  options: SegmentOptions,
  items: readonly Item[],
  { part, seen, pointing }: Segment,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  const asked: { readonly item: Item; readonly reading: LiveReading | UnreadableReading }[] = [];
  for (const item of items) {
    part.size(itemBytes(item));
    const reading = readItem(ports.mapping, item);
    if (options.scope.entity !== null && !(reading.entity !== null && covers(options.scope, reading.entity.name)))
      continue;
    if (reading.kind === 'tombstone') {
      const shown = shownByIndexes(options.indexKeys, item).length > 0;
      if (shown) candidates.push(candidateOf(reading.key, nameOfReading(reading)));
      continue;
    }
    if (reading.kind !== 'unique') part.item(reading.entity?.name ?? STRANGER);
    asked.push({ item, reading });
  }
  const digests = await fetchDigests(
    ports.rowDigests,
    asked.map(({ reading }) => (reading.kind === 'row' ? nameOfReading(reading) : null)),
  );
  const judged = asked.map(({ item, reading }, at) => {
    const { differences, digest } = judgeByDigest(options, item, reading, digests[at] ?? null);
    return { item, reading, differences, digest };
  });
  // Whatever is not equal by its digest is looked at value by value: in a clean table next to nothing.
  const rows = await fetchRows(
    ports.rows,
    judged.flatMap(({ reading, differences }) => (differences === null ? (nameOfReading(reading) ?? []) : [])),
  );
  for (const one of judged) {
    const { item, reading } = one;
    const name = nameOfReading(reading);
    const row = name === null || one.differences !== null ? null : rows.get(name);
    const differences = one.differences ?? judge(options, reading, item, row);
    if (reading.kind === 'unique') recorder(seen, UNIQUE).add(UNIQUE, [reading.key.PK, identityText(reading.identity)]);
    // An item in a wrong place is not the row's own: the pass over the source has to look for that where it belongs.
    else if (name !== null && !differences.some(({ damage }) => ELSEWHERE.has(damage)))
      recorder(seen, name.entity).add(name.entity, name.identity);
    if (differences.length > 0) candidates.push(candidateOf(reading.key, name));
    else if (reading.kind === 'row') {
      const { name: entity } = reading.entity;
      const digest = one.digest ?? rowDigest(reading.entity, reading.image);
      const pointers = bodiesOf(reading.image);
      if (pointers.length === 0) part.matched(entity, digest);
      else pointing.push({ entity, identity: reading.identity, key: reading.key, digest, pointers });
    }
  }
  return candidates;
}

interface ByDigest {
  /** Null where the digest decides nothing. */
  readonly differences: readonly Difference[] | null;
  readonly digest: string | null;
}

/**
 * Judges an item by its row's digest. Where it is that of the row which the item decodes to, both have the same values: the decoded row,
 * with the paths that no item holds, then stands for the source's when keys, index attributes and types are compared.
 */
function judgeByDigest(
  manner: Manner,
  item: Item,
  reading: LiveReading | UnreadableReading,
  row: DigestedRow | null,
): ByDigest {
  if (reading.kind !== 'row') return { differences: null, digest: null };
  const { entity, image } = reading;
  if (row === null) return { differences: judgeRow(manner, reading, item, null), digest: null };
  const digest = rowDigest(entity, image);
  if (row.digest !== digest) return { differences: null, digest: null };
  const whole = entity.followed.length === 0 ? image : { ...image, ...row.followed };
  const differences = hasForm(entity, whole, item) ? NONE : judgeForm(manner, entity, whole, item);
  return { differences, digest };
}

const NONE: readonly Difference[] = [];

const ELSEWHERE: ReadonlySet<Damage> = new Set(['key', 'shard', 'extra']);

function judge(
  manner: Manner,
  reading: LiveReading | UnreadableReading,
  item: Item,
  row: SourceRow | null,
): readonly Difference[] {
  if (reading.kind === 'unreadable') return judgeUnreadable(manner, reading, item, row);
  return reading.kind === 'unique' ? judgeUnique(manner, reading, row) : judgeRow(manner, reading, item, row);
}

function candidateOf(key: ItemKey, name: RowName | null): Candidate {
  return { kind: 'item', key, entity: name?.entity ?? null, identity: name?.identity ?? null };
}

function nameOfReading({ entity, identity }: Pick<UnreadableReading, 'entity' | 'identity'>): RowName | null {
  return entity === null || identity === null ? null : { entity: entity.name, identity };
}

function recorder(seen: Map<string, SeenRecorder>, entity: string): SeenRecorder {
  const found = seen.get(entity) ?? createSeen();
  seen.set(entity, found);
  return found;
}
