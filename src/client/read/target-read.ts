import { SearchTooBroad } from '../../domain/errors.ts';
import type { Item, ItemKey } from '../../domain/item.ts';
import { decodeItem } from '../../domain/mapping/items/decode.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import { compareKeys, type PatternQuery } from '../../domain/mapping/patterns/pattern-query.ts';
import type { Intents, ItemQuery, Page, Table } from '../../domain/ports/table.ts';
import { confirmRead, type ReadOptions } from '../../domain/protocol/confirm-read.ts';
import type { EntityRow, RowPage } from './row-page.ts';
import { ownProperty } from '../../domain/own-property.ts';

export interface TargetReader {
  readonly table: Pick<Table, 'get' | 'query'>;
  readonly intents: Intents;
  readonly mapping: Mapping;
  /** Null when no dual write can be open any more. */
  readonly confirming: ReadOptions | null;
  /** True where an eventually consistent answer might miss a write of this process. */
  readonly recent: (index: string | null, partition: string) => boolean;
  /** Items that a search by filter may read. */
  readonly maxFilteredItems: number;
  /** Told the capacity of each search as a whole, also of one that was refused or left to PostgreSQL in the end. */
  readonly recordSearch: (pattern: string, rcu: number) => void;
}

/** `source`: the answer could show what is not committed, or miss what was; PostgreSQL has to give it. */
export type TargetAnswer = (RowPage & { readonly kind: 'rows' }) | { readonly kind: 'source' };

/** Rows by item key, from DynamoDB. */
export async function rowsFromTarget(
  reader: TargetReader,
  keys: readonly ItemKey[],
  consistent: boolean,
): Promise<TargetAnswer> {
  const strong = consistent || keys.some(({ PK }) => reader.recent(null, PK));
  const items = await reader.table.get(keys, { consistent: strong });
  return confirmedRows(reader, items, null);
}

/** A pattern's answer from DynamoDB. Throws SearchTooBroad where a filter would be applied to too many items. */
export async function patternFromTarget(
  reader: TargetReader,
  pattern: string,
  query: PatternQuery,
  after: string | null,
  consistent: boolean,
): Promise<TargetAnswer> {
  const { index, targets, limit } = query;
  const strong = consistent || targets.some(({ pk }) => reader.recent(index, pk));
  // An index cannot be asked for a strong read; while PostgreSQL is there, it can answer instead.
  if (strong && index !== null && reader.confirming !== null) return { kind: 'source' };
  const [only, ...others] = targets.filter(({ sk }) => !isEmpty(sk));
  if (only === undefined) return { kind: 'rows', rows: [], next: null };
  const search = new Search(pattern, query.filteredBy, reader.maxFilteredItems);
  try {
    const { items, next } =
      others.length === 0
        ? await readPages(reader, { ...only, consistent: strong, after }, limit, search)
        : await readShards(reader, query, after, strong, search);
    return await confirmedRows(reader, items, next);
  } finally {
    reader.recordSearch(pattern, search.rcu);
  }
}

/** Bounds the wrong way round hold nothing; DynamoDB refuses to be asked. */
function isEmpty(sk: ItemQuery['sk']): boolean {
  return sk !== null && 'from' in sk && compareKeys(sk.from, sk.to) > 0;
}

/** What a search has read so far, over all its pages and shards. */
class Search {
  readonly #pattern: string;
  readonly #filteredBy: readonly string[];
  readonly #maxItems: number;
  #items = 0;
  rcu = 0;

  constructor(pattern: string, filteredBy: readonly string[], maxItems: number) {
    this.#pattern = pattern;
    this.#filteredBy = filteredBy;
    this.#maxItems = maxItems;
  }

  /** The limit of the next page: of a filtered one, just enough to see that it is too much. */
  limit(remaining: number | null): number | null {
    if (this.#filteredBy.length === 0) return remaining;
    const allowed = Math.max(1, this.#maxItems + 1 - this.#items);
    return remaining === null ? allowed : Math.min(remaining, allowed);
  }

  add({ scanned, rcu }: Page): void {
    this.rcu += rcu;
    this.#items += scanned;
    if (this.#filteredBy.length > 0 && this.#items > this.#maxItems)
      throw new SearchTooBroad({ pattern: this.#pattern, filteredBy: this.#filteredBy, limit: this.#maxItems });
  }
}

interface ItemPage {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Pages of one query until the limit is reached: a page's limit never exceeds what is missing, so its cursor is exact. */
async function readPages(
  reader: TargetReader,
  query: ItemQuery,
  limit: number | null,
  search: Search,
): Promise<ItemPage> {
  const items: Item[] = [];
  let { after } = query;
  for (;;) {
    const remaining = limit === null ? null : limit - items.length;
    const page = await reader.table.query({ ...query, after, limit: search.limit(remaining) });
    search.add(page);
    items.push(...page.items);
    after = page.next;
    if (after === null || (limit !== null && items.length >= limit)) return { items, next: after };
  }
}

const HIGHEST = '\u{10FFFF}';

/** A partition spread over shards: each gives as many as could be needed. The token is the last sort key, for it is unique among them. */
async function readShards(
  reader: TargetReader,
  query: PatternQuery,
  after: string | null,
  consistent: boolean,
  search: Search,
): Promise<ItemPage> {
  const { index, targets, limit, direction } = query;
  const name = `${index ?? ''}SK`;
  const parts = await Promise.all(
    targets.map((target) =>
      readPages(
        reader,
        { ...target, sk: startAfter(target.sk, after, direction), consistent },
        limit === null ? null : limit + 1,
        search,
      ),
    ),
  );
  const sign = direction === 'asc' ? 1 : -1;
  const items = parts
    .flatMap((part) => part.items)
    .filter((item) => stringAttribute(item, name) !== after)
    .sort((left, right) => sign * compareKeys(stringAttribute(left, name), stringAttribute(right, name)));
  const pageItems = limit === null ? items : items.slice(0, limit);
  const last = pageItems.at(-1);
  const more = limit !== null && items.length > limit && last !== undefined;
  return { items: pageItems, next: more ? stringAttribute(last, name) : null };
}

function startAfter(sk: ItemQuery['sk'], after: string | null, direction: 'asc' | 'desc'): ItemQuery['sk'] {
  if (after === null) return sk;
  const [from, to] =
    sk === null ? ['!', HIGHEST] : 'prefix' in sk ? [sk.prefix, sk.prefix + HIGHEST] : [sk.from, sk.to];
  return direction === 'asc' ? { from: after, to } : { from, to: after };
}

async function confirmedRows(reader: TargetReader, items: readonly Item[], next: string | null): Promise<TargetAnswer> {
  let pageItems = items;
  if (reader.confirming !== null) {
    const confirmed = await confirmRead(reader, items, reader.confirming);
    if (confirmed.kind === 'source') return { kind: 'source' };
    pageItems = confirmed.items;
  }
  const rows = pageItems.flatMap((item): EntityRow[] => {
    const { entity, image, deleted, unique } = decodeItem(reader.mapping, item);
    return deleted || unique !== null ? [] : [{ entity, image }];
  });
  return { kind: 'rows', rows, next };
}

function stringAttribute(item: Item, name: string): string {
  const value = ownProperty(item, name);
  return value !== undefined && 'S' in value ? value.S : '';
}
