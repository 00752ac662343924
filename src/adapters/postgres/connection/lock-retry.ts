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
/** Lock not available, deadlock with an application's transaction, statement timeout. */
const BUSY = new Set(['55P03', '40P01', '57014']);

/** Runs DDL in its own transaction; when a lock is not granted in time, rolls back and retries (RACE-5). Throws LockTimeout. */
export async function withLocks(sql: SqlSource, relation: string, work: (tx: Sql) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const tx = await sql.begin();
    try {
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
      if (state === null || !BUSY.has(state)) throw error;
      if (tries === TRIES) throw new LockTimeout({ relation }, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}
