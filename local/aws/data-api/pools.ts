import { Client, Pool, type PoolClient } from 'pg';
import type { Login } from './clusters.ts';

export interface Destination extends Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export interface Lease {
  readonly client: PoolClient;
  /**
   * Returns the connection to the pool; a connection that is broken, inside a transaction or marked
   * is closed instead.
   */
  release(): void;
  /** Marks a connection whose session state other calls must not see. */
  spoil(): void;
}

/** Two pools per destination, so that open transactions, however many, never keep single statements waiting. */
const SIZES = { statements: 20, transactions: 40 } as const;

export type Purpose = keyof typeof SIZES;

/** Connection pools, one pair per PostgreSQL server, created on demand and closed when idle. */
export class Pools {
  readonly #pools = new Map<string, Pool>();

  async lease(purpose: Purpose, to: Destination): Promise<Lease> {
    const key = JSON.stringify([purpose, to]);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool({
        ...to,
        max: SIZES[purpose],
        idleTimeoutMillis: 30_000,
        connectionTimeoutMillis: 30_000,
        application_name: 'rds-data-api',
      });
      // An idle connection that the server closes is replaced at the next call; the pool has dropped it already.
      pool.on('error', () => {});
      this.#pools.set(key, pool);
    }
    return toLease(await pool.connect());
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function toLease(client: PoolClient): Lease {
  let spoilt = false;
  let released = false;
  const fail = (): void => {
    spoilt = true;
  };
  client.on('error', fail);
  return {
    client,
    spoil: fail,
    release: () => {
      if (released) return;
      released = true;
      client.off('error', fail);
      client.release(spoilt || client.getTransactionStatus() !== 'I');
    },
  };
}

/**
 * Cancels a backend's statement over a separate connection, because the pool may be full of
 * statements to cancel.
 */
export async function cancelBackend(to: Destination, pid: number): Promise<void> {
  const client = new Client({ ...to, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_cancel_backend($1)', [pid]);
  } finally {
    await client.end();
  }
}

/** Whether a statement changes its session beyond its transaction: settings, temporary tables, session locks. */
export function leavesTraces(sql: string): boolean {
  return TRACES.test(sql);
}

const TRACES =
  /^\s*(?:set\s+(?!local\b|constraints\b|transaction\b)|reset\b|listen\b|prepare\b|declare\b|load\b)|\btemp(?:orary)?\s+(?:table|view|sequence)\b|\bset_config\s*\([^;]*\bfalse\b|\bpg_(?:try_)?advisory_lock/i;
