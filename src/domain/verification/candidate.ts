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

export interface Digests {
  get(name: RowName): DigestedRow | null;
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

/** The digests of the rows of these names. */
export async function fetchDigests(digests: RowDigests, names: readonly RowName[]): Promise<Digests> {
  const found = new Map<string, ReadonlyMap<string, DigestedRow>[]>();
  await eachCall(names, DIGESTS_PER_CALL, async (entity, identities) => {
    found.set(entity, [...(found.get(entity) ?? []), await digests(entity, identities)]);
  });
  return {
    get: ({ entity, identity }) => {
      const text = identityText(identity);
      for (const answer of found.get(entity) ?? []) {
        const row = answer.get(text);
        if (row !== undefined) return row;
      }
      return null;
    },
  };
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
