import type { Sql } from '../../domain/ports/source.ts';

/**
 * A transaction that only took an xid is not flushed at its commit; one with a record in the log is, and everything before it.
 */
const DURABLE = `SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'portage', '')::text`;

/** Synchronous commits that many wait for together (rule a): whoever asks while one is under way shares the next. */
export class Flush {
  readonly #sql: Sql;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Returns once a commit that began after this call is durable. */
  join(): Promise<void> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = null;
    const run = this.#flush();
    this.#running = run;
    const ended = (): void => {
      if (this.#running === run) this.#running = null;
    };
    run.then(ended, ended);
    return run;
  }

  async #flush(): Promise<void> {
    await this.#sql.query(DURABLE);
  }
}
