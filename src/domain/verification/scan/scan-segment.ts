import type { ItemKey } from '../../item.ts';
import { UNIQUE } from '../../mapping/items/encode.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import { itemBytes } from '../../mapping/items/item-size.ts';
import type { DigestedRow } from '../../ports/row-digests.ts';
import type { SourceRow } from '../../ports/source.ts';
import { identityText } from '../../row.ts';
import { type Candidate, fetchDigests, fetchRows } from '../recheck/candidate.ts';
import { hasExpectedLayout } from '../compare/item-layout.ts';
import { type ItemSummary, summarizeItem } from './item-summary.ts';
import { expectedOf, checkUnique, type CompareOptions } from '../compare/check-item.ts';
import { createPartReport, type PartReport, UNKNOWN_ENTITY } from '../report/part-report.ts';
import { checkBodyPointers, type Listing, type BodyCheckPorts, type RowWithBodies } from '../bodies/check-bodies.ts';
import { createRecheck, type RecheckOptions, type RecheckPorts } from '../recheck/recheck.ts';
import type { PartResult } from '../report/schema.ts';
import { prefetchPages } from './prefetch-pages.ts';
import { covers, type Scope } from '../report/scope.ts';
import { createScannedRows, type ScannedRows } from './scanned-rows.ts';

export interface SegmentOptions extends RecheckOptions {
  readonly segment: number;
  readonly segments: number;
  readonly scope: Scope;
  readonly alarmBytes: number;
  readonly listing: Listing;
  /** Told how many items were looked at, page by page. */
  readonly progress?: (rows: number) => void;
}

export interface SegmentResult {
  readonly result: PartResult;
  /** Per entity, the rows whose items stand where they belong; uniqueness items under `UNIQUE`. */
  readonly seen: ReadonlyMap<string, ScannedRows>;
  /** Bodies that the next run need not prove again while they are not written. */
  readonly proven: ReadonlyMap<string, string>;
}

interface PointingRow extends RowWithBodies {
  readonly key: ItemKey;
  readonly digest: string;
}

interface Segment {
  readonly part: PartReport;
  readonly seen: Map<string, ScannedRows>;
  /** At most as many as the segment has items. */
  readonly pointing: PointingRow[];
}

/** Enough for the source to be asked in few calls, which cost more than what they ask for. */
const BATCH = 2000;

/**
 * Compares all items of one scan segment with the rows that they claim to be. The scan runs one page ahead of the comparison;
 * whatever differs is only a candidate until it was read again (RACE 28, RACE 34).
 */
export async function scanSegment(
  ports: RecheckPorts & BodyCheckPorts,
  options: SegmentOptions,
): Promise<SegmentResult> {
  const part = createPartReport(options.alarmBytes);
  const segment: Segment = { part, seen: new Map(), pointing: [] };
  const recheck = createRecheck(ports, options, part);
  let earlier: Promise<readonly Candidate[]> = Promise.resolve([]);
  let open: ItemSummary[] = [];
  // Two batches at a time: while the source works on one, the next is looked at.
  const compare = async (): Promise<void> => {
    const current = compareBatch(ports, options, open, segment);
    current.catch(() => {});
    await recheck.add(await earlier);
    earlier = current;
    open = [];
  };
  for await (const { items, rcu } of prefetchPages(ports.table, options.segment, options.segments)) {
    part.rcu(rcu);
    for (const item of items) {
      part.size(itemBytes(item));
      const glance = summarizeItem(ports.mapping, options.indexKeys, item);
      if (isWanted(options.scope, glance)) open.push(glance);
    }
    options.progress?.(items.length);
    if (open.length >= BATCH) await compare();
  }
  await compare();
  await recheck.add(await earlier);
  const { valid, suspect, proven } = await checkBodyPointers(ports, options.listing, segment.pointing);
  for (const { entity, digest } of valid) part.matched(entity, digest);
  await recheck.add(suspect.map(({ key, entity, identity }) => ({ kind: 'item', key, entity, identity })));
  await recheck.end();
  return { result: part.result(), seen: segment.seen, proven };
}

function isWanted(scope: Scope, { entity }: ItemSummary): boolean {
  return scope.entity === null || (entity !== null && covers(scope, entity));
}

/** What an item is to its row. */
interface Verdict {
  /** As far as the table goes: bodies are looked at in the end. */
  readonly right: boolean;
  /** It lies where the row belongs; only then has the row been met, and the pass over the source need not look there. */
  readonly placed: boolean;
}

async function compareBatch(
  ports: RecheckPorts,
  options: SegmentOptions,
  glances: readonly ItemSummary[],
  { part, seen, pointing }: Segment,
): Promise<readonly Candidate[]> {
  const digests = await fetchDigests(
    ports.rowDigests,
    glances.map((glance) => (glance.kind === 'row' ? glance.name : null)),
  );
  const verdicts = glances.map((glance, at) => judgeByDigest(glance, digests[at] ?? null));
  // Of whatever is not equal by its digest, the row says where it belongs: in a clean table next to nothing.
  const rows = await fetchRows(
    ports.rows,
    glances.flatMap(({ name }, at) => (verdicts[at] === null ? (name ?? []) : [])),
  );
  const candidates: Candidate[] = [];
  glances.forEach((glance, at) => {
    const { kind, key, entity, name } = glance;
    const { right, placed } =
      verdicts[at] ?? judgeByRow(ports.mapping, options, glance, name === null ? null : rows.get(name));
    if (kind === 'row' || kind === 'unreadable') part.item(entity ?? UNKNOWN_ENTITY);
    if (kind === 'unique') recorder(seen, UNIQUE).add(UNIQUE, [key.PK, identityText(name.identity)]);
    else if (name !== null && placed) recorder(seen, name.entity).add(name.entity, name.identity);
    if (!right) candidates.push({ kind: 'item', key, entity: name?.entity ?? null, identity: name?.identity ?? null });
    else if (kind === 'row') {
      const { digest, pointers } = glance;
      if (pointers.length === 0) part.matched(name.entity, digest);
      else pointing.push({ ...name, key, digest, pointers });
    }
  });
  return candidates;
}

/** Null where the digest decides nothing. Where it is that of the row which the item decodes to, both have the same values. */
function judgeByDigest(glance: ItemSummary, row: DigestedRow | null): Verdict | null {
  if (glance.kind === 'tombstone') return { right: !glance.shown, placed: false };
  if (glance.kind !== 'row') return null;
  if (row === null) return { right: false, placed: false };
  if (row.digest !== glance.digest) return null;
  return { right: hasExpectedLayout(glance.form, row.followed), placed: glance.form.placed };
}

function judgeByRow(mapping: Mapping, manner: CompareOptions, glance: ItemSummary, row: SourceRow | null): Verdict {
  if (glance.kind === 'unique') return { right: checkUnique(manner, glance.reading, row).length === 0, placed: false };
  const entity = mapping.entities[glance.entity ?? ''];
  if (entity === undefined || row === null) return { right: false, placed: false };
  const expected = expectedOf(entity, row.image);
  const { PK, SK } = glance.key;
  return { right: false, placed: expected === null || (expected.key.PK === PK && expected.key.SK === SK) };
}

function recorder(seen: Map<string, ScannedRows>, entity: string): ScannedRows {
  const found = seen.get(entity) ?? createScannedRows();
  seen.set(entity, found);
  return found;
}
