import { LockTimeout } from '../../../domain/errors.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { sqlstateOf } from './statement-failed.ts';

/** Short, so that writers that queue behind the waiting DDL never wait long; often, so that it gets its turn. */
const LOCK_MS = 1_000;
const TRIES = 30;

/** Runs DDL in a transaction of its own that gives up a lock it cannot have soon, and tries again (RACE-5). */
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
      // A deadlock with an application's transaction is the same as no lock.
      if (state !== '55P03' && state !== '40P01') throw error;
      if (tries === TRIES) throw new LockTimeout({ relation }, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}
