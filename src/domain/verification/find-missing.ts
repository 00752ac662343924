import { UNIQUE } from '../mapping/encode.ts';
import type { KeyRange } from '../ports/source.ts';
import { type Identity, identityText } from '../row.ts';
import type { Candidate } from './candidate.ts';
import { expectedOf } from './judge.ts';
import { createPart } from './part.ts';
import { recheck, type RecheckLimits, type RecheckPorts } from './recheck.ts';
import type { PartResult } from './record.ts';
import type { SeenLookup } from './seen.ts';

export interface RangeOptions extends RecheckLimits {
  readonly entity: string;
  readonly range: KeyRange;
  /** What all scan segments met: of this entity, and uniqueness items. */
  readonly seen: SeenLookup;
  readonly unique: SeenLookup;
}

// Bounded by the Data API's response limit of 1 MiB.
const IDENTITIES_PER_PAGE = 4000;
const ROWS_PER_PAGE = 500;

/**
 * Finds the rows of one key range that the scan did not meet. Most were written, moved or deleted since: only a strong read of
 * the item tells a missing row from a late one (RACE 30).
 */
export async function findMissing(ports: RecheckPorts, options: RangeOptions): Promise<PartResult> {
  const part = createPart(Number.MAX_SAFE_INTEGER);
  const candidates: Candidate[] = [];
  for await (const rows of pages(ports, options)) {
    part.source(options.entity, rows.length);
    for (const { identity, claims } of rows) {
      const met = options.seen.has(options.entity, identity);
      if (!met || !claims.every((claim) => options.unique.has(UNIQUE, [claim, identityText(identity)])))
        candidates.push({ kind: 'row', entity: options.entity, identity, met });
    }
  }
  await recheck(ports, options, candidates, part);
  return part.result();
}

interface RowClaims {
  readonly identity: Identity;
  /** Partition keys of the uniqueness items that the row must have. */
  readonly claims: readonly string[];
}

/** Identities are enough, except where rows claim uniqueness items: those are derived from the whole row. */
async function* pages(ports: RecheckPorts, options: RangeOptions): AsyncGenerator<readonly RowClaims[]> {
  const entity = ports.mapping.entities[options.entity];
  if (entity === undefined) return;
  const claiming = entity.unique.length > 0;
  const limit = claiming ? ROWS_PER_PAGE : IDENTITIES_PER_PAGE;
  let { after } = options.range;
  for (;;) {
    const range = { after, upTo: options.range.upTo };
    const rows = claiming
      ? (await ports.rows.page(entity.name, range, limit)).map(({ identity, image }) => ({
          identity,
          claims: (expectedOf(entity, image)?.unique ?? []).map(({ PK }) => PK),
        }))
      : (await ports.rows.identities(entity.name, range, limit)).map((identity) => ({ identity, claims: [] }));
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = last.identity;
  }
}
