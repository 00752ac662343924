import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** `application_name` of the sessions that install and remove capture. */
export const INSTALLER = 'capture';

const EVERY_MS = 20;

const WAITING = `
  SELECT extract(epoch FROM clock_timestamp() - l.waitstart) * 1000 AS ms
  FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
  WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.application_name <> '${INSTALLER}' AND EXISTS (
    SELECT FROM unnest(pg_blocking_pids(l.pid)) AS b (pid) JOIN pg_stat_activity AS h ON h.pid = b.pid WHERE h.application_name = '${INSTALLER}')`;

/** What calls that take long wait for: an event of PostgreSQL, or a processor. */
const SLOW_MS = 300;
const SLOW = `
  SELECT coalesce(a.wait_event_type || ' ' || a.wait_event, 'processor') AS event FROM pg_stat_activity AS a
  WHERE a.state = 'active' AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.application_name <> '${INSTALLER}'
    AND a.query !~ 'pg_sleep' AND a.query_start < clock_timestamp() - interval '${SLOW_MS} ms'`;

interface Sample {
  readonly at: number;
  readonly ms: number;
}

/** Watches how long sessions of the application wait for a lock that the installer has, or stands before them in the queue for. */
export class LockMonitor {
  readonly #client: Client;
  readonly #samples: Sample[] = [];
  /** How often a call of more than 300 ms was seen, by what it waited for. */
  readonly slow = new Map<string, number>();
  #over = false;
  #watching: Promise<void> = Promise.resolve();

  private constructor(client: Client) {
    this.#client = client;
  }

  static async start(connectionString: string): Promise<LockMonitor> {
    const client = new Client({ connectionString });
    await client.connect();
    const monitor = new LockMonitor(client);
    monitor.#watching = monitor.#watch();
    return monitor;
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      const { rows } = await this.#client.query<{ ms: string }>(WAITING);
      const at = performance.now();
      for (const { ms } of rows) this.#samples.push({ at, ms: Number(ms) });
      const slow = await this.#client.query<{ event: string }>(SLOW);
      for (const { event } of slow.rows) this.slow.set(event, (this.slow.get(event) ?? 0) + 1);
      await pause(EVERY_MS);
    }
  }

  /** The longest such wait in milliseconds that was seen in the interval, up to 20 ms too short; 0 where nobody waited. */
  longest(from: number, to: number): number {
    return Math.max(0, ...this.#samples.filter(({ at }) => at >= from && at <= to).map(({ ms }) => ms));
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#watching;
    await this.#client.end();
  }
}
