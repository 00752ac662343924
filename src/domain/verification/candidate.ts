import type { ItemKey } from '../item.ts';
import { type Identity, identityText } from '../row.ts';
import type { DigestedRow, RowDigests } from '../ports/row-digests.ts';
import type { RowSource, SourceRow } from '../ports/source.ts';

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
const DIGESTS_PER_CALL = 2000;

/** The rows of these names, in as few calls as the source's limits allow. */
export async function fetchRows(source: Pick<RowSource, 'rows'>, names: readonly RowName[]): Promise<Rows> {
  const found = new Map<string, SourceRow>();
  await eachCall(names, ROWS_PER_CALL, async (entity, identities) => {
    for (const row of await source.rows(entity, identities)) found.set(nameText(entity, row.identity), row);
  });
  return { get: ({ entity, identity }) => found.get(nameText(entity, identity)) ?? null };
}

/** The digests of the rows of these names, in their order; null = there is no such row. */
export async function fetchDigests(
  digests: RowDigests,
  names: readonly (RowName | null)[],
): Promise<readonly (DigestedRow | null)[]> {
  const found: (DigestedRow | null)[] = names.map(() => null);
  const places = new Map<string, number[]>();
  names.forEach((name, at) => {
    if (name === null) return;
    const those = places.get(name.entity);
    if (those === undefined) places.set(name.entity, [at]);
    else those.push(at);
  });
  await Promise.all(
    [...places].flatMap(([entity, all]) =>
      Array.from({ length: Math.ceil(all.length / DIGESTS_PER_CALL) }, async (_, call) => {
        const those = all.slice(call * DIGESTS_PER_CALL, (call + 1) * DIGESTS_PER_CALL);
        const rows = await digests(
          entity,
          those.map((at) => names[at]?.identity ?? []),
        );
        those.forEach((at, n) => (found[at] = rows[n] ?? null));
      }),
    ),
  );
  return found;
}

async function eachCall(
  names: readonly RowName[],
  most: number,
  call: (entity: string, identities: readonly Identity[]) => Promise<void>,
): Promise<void> {
  const wanted = new Map<string, Map<string, Identity>>();
  for (const { entity, identity } of names) {
    const identities = wanted.get(entity) ?? new Map<string, Identity>();
    identities.set(identityText(identity), identity);
    wanted.set(entity, identities);
  }
  await Promise.all(
    [...wanted].flatMap(([entity, identities]) => {
      const all = [...identities.values()];
      const calls = Math.ceil(all.length / most);
      return Array.from({ length: calls }, (_, n) => call(entity, all.slice(n * most, (n + 1) * most)));
    }),
  );
}

function nameText(entity: string, identity: Identity): string {
  return `${entity} ${identityText(identity)}`;
}
