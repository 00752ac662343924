import type { Sql } from '../../../domain/ports/source.ts';

/**
 * Both to the microsecond. A backend that crashes takes what was not flushed with it while the postmaster lives on; but then the statistics
 * begin anew.
 */
const INCARNATION = `pg_postmaster_start_time()::text || ' ' || (SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter) AS incarnation`;

/**
 * A transaction that only took an xid is not flushed at its commit; one with a record in the log is, and everything before it.
 */
const DURABLE =
  `SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'portage', '')::text,` +
  ` ${INCARNATION}`;

/** The server's present incarnation, as it names itself. */
export async function incarnationOf(sql: Sql): Promise<string> {
  const [row] = await sql.query(`SELECT ${INCARNATION}`);
  return String(row?.['incarnation']);
}

/** Synchronous commits that many wait for together (rule a): whoever asks while one is under way shares the next. */
export class Flush {
  readonly #sql: Sql;
  #running: Promise<string> | null = null;
  #next: Promise<string> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Answers the server's incarnation, once a commit that began after this call is durable. */
  join(): Promise<string> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<string> {
    this.#next = null;
    const run = this.#flush();
    this.#running = run;
    const ended = (): void => {
      if (this.#running === run) this.#running = null;
    };
    run.then(ended, ended);
    return run;
  }

  async #flush(): Promise<string> {
    const [row] = await this.#sql.query(DURABLE);
    return String(row?.['incarnation']);
  }
}
