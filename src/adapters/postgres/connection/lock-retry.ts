import { LockTimeout } from '../../../domain/errors.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { sqlstateOf } from './statement-failed.ts';

/**
 * While DDL waits for a lock, the application's writers queue behind it: so it waits briefly, and may hold its locks for less than a
 * second; many attempts, so that it gets its turn.
 */
const LOCK_MS = 300;
const STATEMENT_MS = 900;
const TRIES = 100;
/** Lock not available, deadlock with an application's transaction. */
const BUSY = new Set(['55P03', '40P01']);
/** Statement timeout: waits for several locks, or the work itself takes too long, which more attempts do not mend. */
const SLOW = '57014';
const SLOW_TRIES = 20;

/**
 * Runs DDL in its own transaction; when a lock is not granted in time, rolls back and retries (RACE-5). One statement should do all that needs
 * locks, since the time is limited by statement. `prepare` runs in the same transaction before, without limits: it takes readers' locks only.
 *
 * @throws LockTimeout
 */
export async function withLocks(
  sql: SqlSource,
  relation: string,
  work: (tx: Sql) => Promise<void>,
  prepare: (tx: Sql) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let slow = 0;
  for (let tries = 1; ; tries++) {
    const tx = await sql.begin();
    try {
      await prepare(tx);
      await tx.query(
        `SELECT set_config('lock_timeout', :lock, true) AS lock, set_config('statement_timeout', :statement, true) AS statement`,
        { lock: String(LOCK_MS), statement: String(STATEMENT_MS) },
      );
      await work(tx);
      await tx.commit();
      return;
    } catch (error) {
      await tx.rollback().catch(() => {});
      const state = sqlstateOf(error);
      if (state === SLOW) slow += 1;
      else if (state === null || !BUSY.has(state)) throw error;
      if (tries === TRIES || slow === SLOW_TRIES) throw new LockTimeout({ relation }, { cause: error });
      // Writers that queued meanwhile get their turn first.
      const pause = state === SLOW ? STATEMENT_MS : 50;
      await new Promise((resolve) => setTimeout(resolve, pause + Math.random() * 200));
    }
  }
}
