import type { ItemKey } from '../item.ts';
import { type Identity, identityText } from '../row.ts';
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

/** The rows of these names, in as few calls as the source's limits allow. */
export async function fetchRows(source: Pick<RowSource, 'rows'>, names: readonly RowName[]): Promise<Rows> {
  const wanted = new Map<string, Map<string, Identity>>();
  for (const { entity, identity } of names) {
    const identities = wanted.get(entity) ?? new Map<string, Identity>();
    identities.set(identityText(identity), identity);
    wanted.set(entity, identities);
  }
  const found = new Map<string, SourceRow>();
  const call = async (entity: string, identities: readonly Identity[]): Promise<void> => {
    for (const row of await source.rows(entity, identities)) found.set(nameText(entity, row.identity), row);
  };
  await Promise.all(
    [...wanted].flatMap(([entity, identities]) => {
      const all = [...identities.values()];
      const calls = Math.ceil(all.length / ROWS_PER_CALL);
      return Array.from({ length: calls }, (_, n) =>
        call(entity, all.slice(n * ROWS_PER_CALL, (n + 1) * ROWS_PER_CALL)),
      );
    }),
  );
  return { get: ({ entity, identity }) => found.get(nameText(entity, identity)) ?? null };
}

function nameText(entity: string, identity: Identity): string {
  return `${entity} ${identityText(identity)}`;
}
