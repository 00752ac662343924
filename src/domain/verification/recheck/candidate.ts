import type { ItemKey } from '../../item.ts';
import { type Identity, identityText } from '../../row.ts';
import type { DigestedRow, RowDigests } from '../../ports/row-digests.ts';
import type { RowSource, SourceRow } from '../../ports/source.ts';

/** Something that looked wrong once: an item of the scan, or a row that the scan did not meet. */
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
      /** True where the scan met the item itself, and only a uniqueness item is in question: not counted twice. */
      readonly met: boolean;
    };

export interface RowName {
  readonly entity: string;
  readonly identity: Identity;
}

export interface Rows {
  get(name: RowName): SourceRow | null;
}

// What one Data API call takes without coming near its response limit.
const ROWS_PER_CALL = 500;

/** The rows of these names, in as few calls as the source's limits allow. */
export async function fetchRows(source: Pick<RowSource, 'rows'>, names: readonly RowName[]): Promise<Rows> {
  const found = new Map<string, SourceRow>();
  const unique = [...new Map(names.map((name) => [nameText(name.entity, name.identity), name])).values()];
  const calls = [...placesOf(unique)].flatMap(([entity, places]) =>
    Array.from({ length: Math.ceil(places.length / ROWS_PER_CALL) }, async (_, call) => {
      const asked = places.slice(call * ROWS_PER_CALL, (call + 1) * ROWS_PER_CALL);
      for (const row of await source.rows(entity, identitiesAt(unique, asked)))
        found.set(nameText(entity, row.identity), row);
    }),
  );
  await Promise.all(calls);
  return { get: ({ entity, identity }) => found.get(nameText(entity, identity)) ?? null };
}

/** The digests of the rows of these names, in their order; null = there is no such row. */
export async function fetchDigests(
  digests: RowDigests,
  names: readonly (RowName | null)[],
): Promise<readonly (DigestedRow | null)[]> {
  const found: (DigestedRow | null)[] = names.map(() => null);
  const calls = [...placesOf(names)].map(async ([entity, places]) => {
    const rows = await digests(entity, identitiesAt(names, places));
    places.forEach((at, n) => (found[at] = rows[n] ?? null));
  });
  await Promise.all(calls);
  return found;
}

/** Where the names of each entity stand. */
function placesOf(names: readonly (RowName | null)[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  names.forEach((name, at) => {
    if (name === null) return;
    const those = places.get(name.entity);
    if (those === undefined) places.set(name.entity, [at]);
    else those.push(at);
  });
  return places;
}

function identitiesAt(names: readonly (RowName | null)[], places: readonly number[]): readonly Identity[] {
  return places.map((at) => names[at]?.identity ?? []);
}

function nameText(entity: string, identity: Identity): string {
  return `${entity} ${identityText(identity)}`;
}
