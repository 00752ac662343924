import { isPortageError } from '../../errors.ts';
import { UNIQUE, uniqueKeys } from '../../mapping/items/encode.ts';
import type { EntityMapping } from '../../mapping/mapping.ts';
import type { KeyRange } from '../../ports/source.ts';
import { type Identity, identityText, type RowImage } from '../../row.ts';
import type { Candidate } from '../recheck/candidate.ts';
import { createPartReport } from '../report/part-report.ts';
import { createRecheck, type RecheckOptions, type RecheckPorts } from '../recheck/recheck.ts';
import type { PartResult } from '../report/schema.ts';
import { createUnscannedRows, isSampled, type UnscannedRows } from './scanned-rows.ts';

export interface RangeOptions extends RecheckOptions {
  readonly entity: string;
  readonly range: KeyRange;
  /** The part of the rows that a sample takes; null = every row. */
  readonly sampling: { readonly sample: number; readonly offset: number } | null;
  /** Removes the rows that any scan segment found: of this entity, or uniqueness items. */
  removeScanned(kind: string, unscanned: UnscannedRows): Promise<void>;
  /** Called with the number of rows of each page. */
  readonly progress?: (rows: number) => void;
}

// Bounded by the Data API's response limit of 1 MiB.
const ROWS_PER_PAGE = 4000;
/** A range that grew since the run was planned takes several sets instead of more memory. */
const ROWS_PER_SET = 100_000;

/**
 * Finds the rows of one key range that the scan did not find. Most were written, moved or deleted since: only a strong read of
 * the item tells a missing row from a late one (RACE-30).
 */
export async function findMissing(ports: RecheckPorts, options: RangeOptions): Promise<PartResult> {
  const part = createPartReport(Number.MAX_SAFE_INTEGER);
  const recheck = createRecheck(ports, options, part);
  let rows: RowClaims[] = [];
  for await (const page of readPages(ports, options)) {
    part.source(options.entity, page.length);
    options.progress?.(page.length);
    rows.push(...sampledOf(options, page, rows.length));
    if (rows.length < ROWS_PER_SET) continue;
    await recheck.add(await findUnscanned(options, rows));
    rows = [];
  }
  await recheck.add(await findUnscanned(options, rows));
  await recheck.end();
  return part.result();
}

/** The rows of a page that the sample takes. Every range gives at least one row, so that no small table is skipped. */
function sampledOf(
  { sampling, entity }: RangeOptions,
  page: readonly RowClaims[],
  already: number,
): readonly RowClaims[] {
  if (sampling === null) return page;
  const sampled = page.filter(({ identity }) => isSampled(entity, identity, sampling.sample, sampling.offset));
  return sampled.length === 0 && already === 0 ? page.slice(0, 1) : sampled;
}

async function findUnscanned(options: RangeOptions, rows: readonly RowClaims[]): Promise<readonly Candidate[]> {
  const { entity } = options;
  if (rows.length === 0) return [];
  const unscanned = createUnscannedRows(
    entity,
    rows.map(({ identity }) => identity),
  );
  const claims = rows.flatMap((row) => row.claims.map((claim): Identity => [claim, identityText(row.identity)]));
  const unscannedClaims = createUnscannedRows(UNIQUE, claims);
  await options.removeScanned(entity, unscanned);
  if (claims.length > 0) await options.removeScanned(UNIQUE, unscannedClaims);
  const candidates: Candidate[] = [];
  let claim = 0;
  rows.forEach((row, at) => {
    const scanned = !unscanned.isUnscanned(at);
    let complete = true;
    row.claims.forEach(() => {
      if (unscannedClaims.isUnscanned(claim++)) complete = false;
    });
    if (!scanned || !complete) candidates.push({ kind: 'row', entity, identity: row.identity, scanned });
  });
  return candidates;
}

interface RowClaims {
  readonly identity: Identity;
  /** Partition keys of the uniqueness items that the row must have. */
  readonly claims: readonly string[];
}

/** Reads page by page; each page is requested while the one before it is processed. */
async function* readPages(ports: RecheckPorts, options: RangeOptions): AsyncGenerator<readonly RowClaims[]> {
  const entity = ports.mapping.entities[options.entity];
  if (entity === undefined) return;
  const { upTo } = options.range;
  const read = async (after: Identity | null): Promise<readonly RowClaims[]> => {
    const rows = await ports.rows.keys(entity.name, { after, upTo }, ROWS_PER_PAGE);
    return rows.map(({ identity, image }) => ({ identity, claims: claimsOf(entity, image) }));
  };
  let next: Promise<readonly RowClaims[]> | null = read(options.range.after);
  while (next !== null) {
    const rows: readonly RowClaims[] = await next;
    const last = rows.length < ROWS_PER_PAGE ? undefined : rows.at(-1);
    next = last === undefined ? null : read(last.identity);
    // An error of the next page is raised where it is awaited, not while this page is processed.
    next?.catch(() => {});
    yield rows;
  }
}

function claimsOf(entity: EntityMapping, image: RowImage): readonly string[] {
  try {
    return uniqueKeys(entity, image).map(({ PK }) => PK);
  } catch (error) {
    // A row with a value that cannot be stored claims nothing here; the recheck reports its item.
    if (isPortageError(error)) return [];
    throw error;
  }
}
