import type { Sql } from '../../../domain/ports/source.ts';

/**
 * Both to the microsecond. If a backend crashes while the postmaster survives, its unflushed
 * commits are lost, but then the statistics restart.
 */
export const INCARNATION = `pg_postmaster_start_time()::text || ' ' || (SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter)`;

/**
 * The commit of a row, because a transaction that wrote none need not be flushed, and because on Aurora nothing but a commit that was
 * acknowledged says that the storage has what came before it: no log position does.
 */
const DURABLE = `SELECT portage.flush() AS incarnation`;

/** The server's current incarnation, as reported by the server. */
export async function incarnationOf(sql: Sql): Promise<string> {
  const [row] = await sql.query(`SELECT ${INCARNATION} AS incarnation`);
  return String(row?.['incarnation']);
}

/**
 * Synchronous commits shared by concurrent callers (rule a): a caller that arrives during one
 * shares the next.
 */
export class Flush {
  readonly #sql: Sql;
  #running: Promise<string> | null = null;
  #next: Promise<string> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Returns the server's incarnation, once a commit that began after this call is durable. */
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
