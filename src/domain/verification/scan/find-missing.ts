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
  /** What a sample takes, null = every row. */
  readonly drawn: { readonly sample: number; readonly draw: number } | null;
  /** Strikes off what all scan segments met: of this entity, or uniqueness items. */
  strike(kind: string, roll: UnscannedRows): Promise<void>;
  /** Told how many rows were looked for, page by page. */
  readonly progress?: (rows: number) => void;
}

// Bounded by the Data API's response limit of 1 MiB.
const ROWS_PER_PAGE = 4000;
/** Rows on one roll: a range that grew since it was cut takes several, and no more memory. */
const ROWS_PER_ROLL = 100_000;

/**
 * Finds the rows of one key range that the scan did not meet. Most were written, moved or deleted since: only a strong read of
 * the item tells a missing row from a late one (RACE 30).
 */
export async function findMissing(ports: RecheckPorts, options: RangeOptions): Promise<PartResult> {
  const part = createPartReport(Number.MAX_SAFE_INTEGER);
  const recheck = createRecheck(ports, options, part);
  let rows: RowClaims[] = [];
  for await (const page of pages(ports, options)) {
    part.source(options.entity, page.length);
    options.progress?.(page.length);
    rows.push(...drawnOf(options, page, rows.length));
    if (rows.length < ROWS_PER_ROLL) continue;
    await recheck.add(await unmet(options, rows));
    rows = [];
  }
  await recheck.add(await unmet(options, rows));
  await recheck.end();
  return part.result();
}

/** What a sample takes of a page; of every range at least one row, so that no small table goes unseen. */
function drawnOf({ drawn, entity }: RangeOptions, page: readonly RowClaims[], already: number): readonly RowClaims[] {
  if (drawn === null) return page;
  const taken = page.filter(({ identity }) => isSampled(entity, identity, drawn.sample, drawn.draw));
  return taken.length === 0 && already === 0 ? page.slice(0, 1) : taken;
}

async function unmet(options: RangeOptions, rows: readonly RowClaims[]): Promise<readonly Candidate[]> {
  const { entity } = options;
  if (rows.length === 0) return [];
  const roll = createUnscannedRows(
    entity,
    rows.map(({ identity }) => identity),
  );
  const claims = rows.flatMap((row) => row.claims.map((claim): Identity => [claim, identityText(row.identity)]));
  const claimed = createUnscannedRows(UNIQUE, claims);
  await options.strike(entity, roll);
  if (claims.length > 0) await options.strike(UNIQUE, claimed);
  const candidates: Candidate[] = [];
  let claim = 0;
  rows.forEach((row, at) => {
    const met = !roll.isUnscanned(at);
    let complete = true;
    row.claims.forEach(() => {
      if (claimed.isUnscanned(claim++)) complete = false;
    });
    if (!met || !complete) candidates.push({ kind: 'row', entity, identity: row.identity, met });
  });
  return candidates;
}

interface RowClaims {
  readonly identity: Identity;
  /** Partition keys of the uniqueness items that the row must have. */
  readonly claims: readonly string[];
}

/** Page by page, each asked for while the one before it is worked on. */
async function* pages(ports: RecheckPorts, options: RangeOptions): AsyncGenerator<readonly RowClaims[]> {
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
    // An error of the next page is raised where it is awaited, not while this one is worked on.
    next?.catch(() => {});
    yield rows;
  }
}

function claimsOf(entity: EntityMapping, image: RowImage): readonly string[] {
  try {
    return uniqueKeys(entity, image).map(({ PK }) => PK);
  } catch (error) {
    // A value without a form in a key claims nothing; of its item the recheck says so.
    if (isPortageError(error)) return [];
    throw error;
  }
}
