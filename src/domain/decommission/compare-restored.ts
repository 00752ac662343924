import type { EntityMapping } from '../mapping/mapping.ts';
import type { KeyRange, RowSource, SourceRow, TransactionStatus } from '../ports/source.ts';
import { type Identity, identityText } from '../row.ts';
import { canonicalRow, createDigest, type Digested, rowDigest } from '../verification/compare/row-digest.ts';

/** Newest changelog row of a key in the live source. */
export interface NewestChange {
  readonly seq: number;
  readonly xid: string;
}

export interface RestoredPorts {
  readonly restored: RowSource;
  readonly live: RowSource;
  /** Newest changelog rows of these keys in the live source, by the identity's text. */
  newest(table: string, identities: readonly Identity[]): Promise<ReadonlyMap<string, NewestChange>>;
  /** Highest changelog number that the restored copy holds. */
  highest(): Promise<number>;
  /** The status of a transaction in the restored copy. */
  status(xid: string): Promise<TransactionStatus>;
}

export interface RestoredComparison {
  readonly entity: string;
  readonly restored: number;
  readonly live: number;
  /** Rows that differ because of a change made after the snapshot. */
  readonly explained: number;
  readonly unexplained: number;
  /** Digest of the restored rows; equal to that of a verification if the live source has not changed since the snapshot. */
  readonly digest: string;
}

/** How far an entity is compared: every identity up to `after` is in the counts and in the digest. JSON-safe. */
export interface ComparisonCheckpoint extends Omit<RestoredComparison, 'entity'> {
  /** Null before the first row, and once the comparison is done. */
  readonly after: Identity | null;
}

export interface ComparisonStep extends RestoredComparison, ComparisonCheckpoint {
  readonly done: boolean;
}

export interface ComparisonOptions {
  /** Where an earlier call stopped; null begins. */
  readonly from: ComparisonCheckpoint | null;
  /** Called after each page; true ends the work there, to be continued later. */
  readonly pause: () => boolean;
  readonly pageSize?: number;
}

const ROWS_PER_PAGE = 1000;

/**
 * Compares an entity's rows in a restored copy with the live source, which has changed since. A row may differ only if its newest
 * change was made by a transaction that had not committed in the copy; any other difference is lost or damaged data (RACE-51).
 * Each page is judged by itself, and the copy does not change, so it does not matter in how many calls the pages are compared.
 */
export async function compareRestored(
  ports: RestoredPorts,
  entity: EntityMapping,
  { from, pause, pageSize = ROWS_PER_PAGE }: ComparisonOptions,
): Promise<ComparisonStep> {
  const highest = await ports.highest();
  const digest = createDigest();
  if (from !== null) digest.add(from.digest);
  let { restored, live, explained, unexplained } = from ?? { restored: 0, live: 0, explained: 0, unexplained: 0 };
  let after = from?.after ?? null;
  let next = ports.restored.page(entity.name, { after, upTo: null }, pageSize);
  for (;;) {
    const page: readonly SourceRow[] = await next;
    const last: Identity | null = page.length < pageSize ? null : (page.at(-1)?.identity ?? null);
    const range: KeyRange = { after, upTo: last };
    if (last !== null) {
      next = ports.restored.page(entity.name, { after: last, upTo: null }, pageSize);
      next.catch(() => {});
    }
    const rows = await rowsOf(ports.live, entity.name, range);
    restored += page.length;
    for (const { image } of page) digest.add(rowDigest(entity, image));
    live += rows.length;
    const differing = difference(entity, page, rows);
    const reasons = await explain(ports, entity.table, differing, highest);
    explained += reasons;
    unexplained += differing.length - reasons;
    after = last;
    const done = last === null;
    if (done || pause())
      return { entity: entity.name, restored, live, explained, unexplained, digest: digest.hex(), after, done };
  }
}

async function rowsOf(source: RowSource, entity: string, range: KeyRange): Promise<readonly SourceRow[]> {
  const rows: SourceRow[] = [];
  for (;;) {
    const page = await source.page(entity, { ...range, after: rows.at(-1)?.identity ?? range.after }, ROWS_PER_PAGE);
    rows.push(...page);
    if (page.length < ROWS_PER_PAGE) return rows;
  }
}

/** Identities that only one side has, or whose rows differ. */
function difference(entity: Digested, left: readonly SourceRow[], right: readonly SourceRow[]): readonly Identity[] {
  const others = new Map(right.map((row) => [identityText(row.identity), row]));
  const differing: Identity[] = [];
  for (const { identity, image } of left) {
    const text = identityText(identity);
    const other = others.get(text);
    others.delete(text);
    if (other === undefined || canonicalRow(entity, image) !== canonicalRow(entity, other.image))
      differing.push(identity);
  }
  return [...differing, ...[...others.values()].map(({ identity }) => identity)];
}

async function explain(
  ports: RestoredPorts,
  table: string,
  identities: readonly Identity[],
  highest: number,
): Promise<number> {
  if (identities.length === 0) return 0;
  const newest = await ports.newest(table, identities);
  let explained = 0;
  for (const identity of identities) {
    const change = newest.get(identityText(identity));
    if (change === undefined) continue;
    // Changelog numbers of different rows do not follow commit order: a lower one may be assigned before the snapshot and committed after it.
    if (change.seq > highest) explained++;
    else if (['future', 'in progress', 'aborted'].includes(await ports.status(change.xid))) explained++;
  }
  return explained;
}
