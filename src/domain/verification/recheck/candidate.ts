import type { ItemKey } from '../../item.ts';
import { type Identity, identityText } from '../../row.ts';
import type { DigestedRow, RowDigests } from '../../ports/row-digests.ts';
import type { RowSource, SourceRow } from '../../ports/source.ts';

/** Something that differed on the first pass: an item of the scan, or a row whose item the scan did not find. */
export type Candidate =
  | {
      readonly kind: 'item';
      readonly key: ItemKey;
      readonly entity: string | null;
      readonly identity: Identity | null;
    }
  | {
      readonly kind: 'row';
      readonly entity: string;
      readonly identity: Identity;
      /** True where the scan found the row's item and only a uniqueness item is in question, so that the row is not counted twice. */
      readonly scanned: boolean;
    };

export interface RowName {
  readonly entity: string;
  readonly identity: Identity;
}

export interface FetchedRows {
  get(name: RowName): SourceRow | null;
}

// Keeps one Data API call well below its response limit.
const ROWS_PER_CALL = 500;

/** Rows with these names, in as few calls as the source's limits allow. */
export async function fetchRows(source: Pick<RowSource, 'rows'>, names: readonly RowName[]): Promise<FetchedRows> {
  const found = new Map<string, SourceRow>();
  const unique = [...new Map(names.map((name) => [nameText(name.entity, name.identity), name])).values()];
  const calls = [...positionsByEntity(unique)].flatMap(([entity, positions]) =>
    Array.from({ length: Math.ceil(positions.length / ROWS_PER_CALL) }, async (_, call) => {
      const batch = positions.slice(call * ROWS_PER_CALL, (call + 1) * ROWS_PER_CALL);
      for (const row of await source.rows(entity, identitiesAt(unique, batch)))
        found.set(nameText(entity, row.identity), row);
    }),
  );
  await Promise.all(calls);
  return { get: ({ entity, identity }) => found.get(nameText(entity, identity)) ?? null };
}

/** Digests of the rows with these names, in their order; null = there is no such row. */
export async function fetchDigests(
  digests: RowDigests,
  names: readonly (RowName | null)[],
): Promise<readonly (DigestedRow | null)[]> {
  const found: (DigestedRow | null)[] = names.map(() => null);
  const calls = [...positionsByEntity(names)].map(async ([entity, positions]) => {
    const rows = await digests(entity, identitiesAt(names, positions));
    positions.forEach((at, n) => (found[at] = rows[n] ?? null));
  });
  await Promise.all(calls);
  return found;
}

/** The positions in `names` of each entity. */
function positionsByEntity(names: readonly (RowName | null)[]): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  names.forEach((name, at) => {
    if (name === null) return;
    const known = positions.get(name.entity);
    if (known === undefined) positions.set(name.entity, [at]);
    else known.push(at);
  });
  return positions;
}

function identitiesAt(names: readonly (RowName | null)[], positions: readonly number[]): readonly Identity[] {
  return positions.map((at) => names[at]?.identity ?? []);
}

function nameText(entity: string, identity: Identity): string {
  return `${entity} ${identityText(identity)}`;
}
