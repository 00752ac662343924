import type { ItemKey } from '../../item.ts';
import { UNIQUE } from '../../mapping/items/encode.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import { itemBytes } from '../../mapping/items/item-size.ts';
import type { DigestedRow } from '../../ports/row-digests.ts';
import type { SourceRow } from '../../ports/source.ts';
import type { Table } from '../../ports/table.ts';
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
  /** Called with the number of items of each page. */
  readonly progress?: (rows: number) => void;
}

export interface SegmentResult {
  readonly result: PartResult;
  /** Per entity, the rows whose items lie under the right key; uniqueness items under `UNIQUE`. */
  readonly scannedRows: ReadonlyMap<string, ScannedRows>;
  /** Fingerprints of proven bodies by hash: the next run need not prove them again unless they are written. */
  readonly proven: ReadonlyMap<string, string>;
}

interface ScannedRowWithBodies extends RowWithBodies {
  readonly key: ItemKey;
  readonly digest: string;
}

interface Segment {
  readonly part: PartReport;
  readonly scannedRows: Map<string, ScannedRows>;
  /** Rows whose bodies are checked at the end; at most as many as the segment has items. */
  readonly rowsWithBodies: ScannedRowWithBodies[];
}

/** Large enough to query the source in few calls: a call costs more than the rows it returns. */
const BATCH = 2000;

/**
 * Compares all items of one scan segment with their rows. The scan runs one page ahead of the comparison; an item that
 * differs is only a candidate until it was read again (RACE-28, RACE-34).
 */
export async function scanSegment(
  ports: RecheckPorts & BodyCheckPorts & { readonly table: Pick<Table, 'scan'> },
  options: SegmentOptions,
): Promise<SegmentResult> {
  const part = createPartReport(options.alarmBytes);
  const segment: Segment = { part, scannedRows: new Map(), rowsWithBodies: [] };
  const reread = new Map<string, string>();
  const recheck = createRecheck(ports, options, part, (sha256, fingerprint) => reread.set(sha256, fingerprint));
  let previousBatch: Promise<readonly Candidate[]> = Promise.resolve([]);
  let open: ItemSummary[] = [];
  // Two batches at a time: while the source works on one, the next is scanned.
  const compare = async (): Promise<void> => {
    const current = compareBatch(ports, options, open, segment);
    current.catch(() => {});
    await recheck.add(await previousBatch);
    previousBatch = current;
    open = [];
  };
  for await (const { items, rcu } of prefetchPages(ports.table, options.segment, options.segments)) {
    part.rcu(rcu);
    for (const item of items) {
      part.size(itemBytes(item));
      const summary = summarizeItem(ports.mapping, options.indexKeys, item);
      if (isInScope(options.scope, summary)) open.push(summary);
    }
    options.progress?.(items.length);
    if (open.length >= BATCH) await compare();
  }
  await compare();
  await recheck.add(await previousBatch);
  const { valid, suspect, proven } = await checkBodyPointers(ports, options.listing, segment.rowsWithBodies);
  for (const { entity, digest } of valid) part.matched(entity, digest);
  await recheck.add(suspect.map(({ key, entity, identity }) => ({ kind: 'item', key, entity, identity })));
  await recheck.end();
  return { result: part.result(), scannedRows: segment.scannedRows, proven: new Map([...proven, ...reread]) };
}

function isInScope(scope: Scope, { entity }: ItemSummary): boolean {
  return scope.entity === null || (entity !== null && covers(scope, entity));
}

/** Result of the first pass for one item. */
interface FirstComparison {
  /** The item equals its row, bodies excepted: those are checked at the end. */
  readonly matches: boolean;
  /** The item lies under the row's key. Only then is the row scanned, so that the pass over the source need not read its item. */
  readonly placed: boolean;
}

async function compareBatch(
  ports: RecheckPorts,
  options: SegmentOptions,
  summaries: readonly ItemSummary[],
  { part, scannedRows, rowsWithBodies }: Segment,
): Promise<readonly Candidate[]> {
  const digests = await fetchDigests(
    ports.rowDigests,
    summaries.map((summary) => (summary.kind === 'row' ? summary.name : null)),
  );
  const comparisons = summaries.map((summary, at) => compareByDigest(summary, digests[at] ?? null));
  // Fetch full rows only for digest mismatches (rare in a clean table) to learn the expected key.
  const rows = await fetchRows(
    ports.rows,
    summaries.flatMap(({ name }, at) => (comparisons[at] === null ? (name ?? []) : [])),
  );
  const candidates: Candidate[] = [];
  summaries.forEach((summary, at) => {
    const { kind, key, entity, name } = summary;
    const { matches, placed } =
      comparisons[at] ?? compareByRow(ports.mapping, options, summary, name === null ? null : rows.get(name));
    if (kind === 'row' || kind === 'unreadable') part.item(entity ?? UNKNOWN_ENTITY);
    if (kind === 'unique') scannedRowsOf(scannedRows, UNIQUE).add(UNIQUE, [key.PK, identityText(name.identity)]);
    else if (name !== null && placed) scannedRowsOf(scannedRows, name.entity).add(name.entity, name.identity);
    if (!matches)
      candidates.push({ kind: 'item', key, entity: name?.entity ?? null, identity: name?.identity ?? null });
    else if (kind === 'row') {
      const { digest, pointers } = summary;
      if (pointers.length === 0) part.matched(name.entity, digest);
      else rowsWithBodies.push({ ...name, key, digest, pointers });
    }
  });
  return candidates;
}

/** Compares by digest; equal digests mean equal values. Null where the digests differ, or where there is none: then the row is needed. */
function compareByDigest(summary: ItemSummary, row: DigestedRow | null): FirstComparison | null {
  if (summary.kind === 'tombstone') return { matches: !summary.indexed, placed: false };
  if (summary.kind !== 'row') return null;
  if (row === null) return { matches: false, placed: false };
  if (row.digest !== summary.digest) return null;
  return { matches: hasExpectedLayout(summary.layout, row.followed), placed: summary.layout.placed };
}

function compareByRow(
  mapping: Mapping,
  options: CompareOptions,
  summary: ItemSummary,
  row: SourceRow | null,
): FirstComparison {
  if (summary.kind === 'unique')
    return { matches: checkUnique(options, summary.decoded, row).length === 0, placed: false };
  const entity = mapping.entities[summary.entity ?? ''];
  if (entity === undefined || row === null) return { matches: false, placed: false };
  const expected = expectedOf(entity, row.image);
  const { PK, SK } = summary.key;
  return { matches: false, placed: expected === null || (expected.key.PK === PK && expected.key.SK === SK) };
}

function scannedRowsOf(scannedRows: Map<string, ScannedRows>, entity: string): ScannedRows {
  const found = scannedRows.get(entity) ?? createScannedRows();
  scannedRows.set(entity, found);
  return found;
}
