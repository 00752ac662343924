import type { Sql } from '../../../domain/ports/source.ts';
import { openWriters, stillOpen } from '../capture/capture.ts';

const POLL_MS = 50;

/** Waits for the transactions that write to mapped tables now, which may have begun before a trigger was changed. False where `pause` ended the wait. */
export async function olderWritersEnded(
  sql: Sql,
  { pause, sleep }: { readonly pause: () => boolean; readonly sleep: (milliseconds: number) => Promise<void> },
): Promise<boolean> {
  let open = await openWriters(sql);
  while (open.length > 0) {
    if (pause()) return false;
    await sleep(POLL_MS);
    open = await stillOpen(sql, open);
  }
  return true;
}
