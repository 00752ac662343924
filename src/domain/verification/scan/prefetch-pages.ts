import { isRetryable } from '../../errors.ts';
import type { ItemCursor, Page, Table } from '../../ports/table.ts';

// About a page each: DynamoDB Local reads all that is left of a segment for every page of it. On AWS it makes no difference.
const PIECES = 12;
const TRIES = 4;

/** The pages of one of `segments` parts of the table, each asked for while the one before it is being worked on. */
export async function* prefetchPages(table: Table, segment: number, segments: number): AsyncGenerator<Page> {
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
