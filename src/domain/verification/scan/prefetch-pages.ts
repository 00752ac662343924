import { isRetryable } from '../../errors.ts';
import type { ItemCursor, Page, Table } from '../../ports/table.ts';

// About one page per subsegment, because DynamoDB Local reads the whole rest of a segment for each page. On AWS it makes no difference.
const SUBSEGMENTS = 12;
const MAX_ATTEMPTS = 4;

/** The pages of one scan segment; each page is requested while the one before it is processed. */
export async function* prefetchPages(
  table: Pick<Table, 'scan'>,
  segment: number,
  segments: number,
): AsyncGenerator<Page> {
  const first = segment * SUBSEGMENTS;
  let subsegment = first;
  let next: Promise<Page> | null = scanPage(table, subsegment, segments * SUBSEGMENTS, null);
  while (next !== null) {
    const page: Page = await next;
    if (page.next === null) subsegment++;
    const more = subsegment < first + SUBSEGMENTS;
    next = more ? scanPage(table, subsegment, segments * SUBSEGMENTS, page.next) : null;
    // An error of the next page is raised where it is awaited, not while this page is processed.
    next?.catch(() => {});
    yield page;
  }
}

/** Reads a page again after a transient error, because starting the whole segment over would cost far more. */
async function scanPage(
  table: Pick<Table, 'scan'>,
  segment: number,
  segments: number,
  after: ItemCursor | null,
  attemptsLeft = MAX_ATTEMPTS,
): Promise<Page> {
  try {
    return await table.scan(segment, segments, after);
  } catch (error) {
    if (!isRetryable(error) || attemptsLeft <= 1) throw error;
    return scanPage(table, segment, segments, after, attemptsLeft - 1);
  }
}
