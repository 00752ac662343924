import { LockTimeout } from '../../../domain/errors.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { sqlstateOf } from './statement-failed.ts';

/** A short timeout, so that writers queued behind the waiting DDL are not held up; many attempts, so that the DDL gets its turn. */
const LOCK_MS = 1_000;
const TRIES = 30;

/** Runs DDL in its own transaction; when a lock is not granted in time, rolls back and retries (RACE-5). Throws LockTimeout. */
export async function withLocks(sql: SqlSource, relation: string, work: (tx: Sql) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const tx = await sql.begin();
    try {
      await tx.query(`SELECT set_config('lock_timeout', :ms, true)`, { ms: String(LOCK_MS) });
      await work(tx);
      await tx.commit();
      return;
    } catch (error) {
      await tx.rollback().catch(() => {});
      const state = sqlstateOf(error);
      // A deadlock with an application's transaction is treated like a lock timeout.
      if (state !== '55P03' && state !== '40P01') throw error;
      if (tries === TRIES) throw new LockTimeout({ relation }, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}
