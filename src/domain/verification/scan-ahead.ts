import { isRetryable } from '../errors.ts';
import type { ItemCursor, Page, Table } from '../ports/table.ts';

// About a page each: DynamoDB Local reads all that is left of a segment for every page of it. On AWS it makes no difference.
const PIECES = 12;
const TRIES = 4;

/** The pages of one of `segments` parts of the table, each asked for while the one before it is being worked on. */
export async function* scanAhead(table: Table, segment: number, segments: number): AsyncGenerator<Page> {
  const first = segment * PIECES;
  let piece = first;
  let next: Promise<Page> | null = scanPage(table, piece, segments * PIECES, null);
  while (next !== null) {
    const page: Page = await next;
    if (page.next === null) piece++;
    const more = piece < first + PIECES;
    next = more ? scanPage(table, piece, segments * PIECES, page.next) : null;
    // An error of the next page is raised where it is awaited, not while this one is worked on.
    next?.catch(() => {});
    yield page;
  }
}

/** Enough for the source to be asked in few calls, which cost more than what they ask for. */
const ITEMS = 2000;
const PAGES = 4;

/** Pages as batches of some thousand items, of at most four megabytes. */
export async function* gathered(pages: AsyncIterable<Page>): AsyncGenerator<Pick<Page, 'items' | 'rcu'>> {
  let open: Page[] = [];
  let items = 0;
  for await (const page of pages) {
    open.push(page);
    items += page.items.length;
    if (items < ITEMS && open.length < PAGES) continue;
    yield merged(open);
    [open, items] = [[], 0];
  }
  if (open.length > 0) yield merged(open);
}

function merged(pages: readonly Page[]): Pick<Page, 'items' | 'rcu'> {
  return { items: pages.flatMap(({ items }) => items), rcu: pages.reduce((sum, { rcu }) => sum + rcu, 0) };
}

/** A page that a slow moment failed is read again: starting the whole segment over would cost far more. */
async function scanPage(
  table: Table,
  segment: number,
  segments: number,
  after: ItemCursor | null,
  tries = TRIES,
): Promise<Page> {
  try {
    return await table.scan(segment, segments, after);
  } catch (error) {
    if (!isRetryable(error) || tries <= 1) throw error;
    return scanPage(table, segment, segments, after, tries - 1);
  }
}
