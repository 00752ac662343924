import { Client } from 'pg';

import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { Ledger, LedgerWrite } from './ledger/ledger.ts';
import type { TrafficMetrics } from './traffic-metrics.ts';

/** The connection of a legacy job: plain SQL under its own login, without Portage's client. */
export interface BypassWriter {
  run(statement: BypassStatement): Promise<void>;
  /** False once PostgreSQL has locked it out. */
  readonly alive: boolean;
  close(): Promise<void>;
}

export interface BypassStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The change that the ledger expects. */
  readonly writes: readonly LedgerWrite[];
  readonly done: () => void;
  /** Called when the outcome is unknown. */
  readonly inDoubt: () => void;
}

/** Consecutive refusals after which the job counts as stopped. */
const GIVES_UP_AFTER = 5;

export function createBypassWriter(
  url: string,
  {
    ledger,
    trafficMetrics,
    mode,
  }: { readonly ledger: Ledger; readonly trafficMetrics: TrafficMetrics; mode(): ModeState | null },
): BypassWriter {
  let client: Client | null = null;
  let refusals = 0;
  const connected = async (): Promise<Client> => {
    if (client !== null) return client;
    const fresh = new Client({
      connectionString: url,
      application_name: 'nightly-job',
      connectionTimeoutMillis: 3_000,
    });
    // A terminated connection emits its own event; the query in flight fails as well.
    fresh.on('error', () => {
      if (client === fresh) client = null;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  };
  return {
    get alive() {
      return refusals < GIVES_UP_AFTER;
    },
    async run(statement) {
      let attempt: number | null = null;
      const start = performance.now();
      try {
        const connection = await connected();
        attempt = ledger.attempt(statement.writes);
        const { rowCount } = await connection.query(statement.text, [...statement.values]);
        // Row security, a rule or a trigger may keep rows from a statement without an error.
        if (rowCount !== statement.writes.length) {
          statement.inDoubt();
          trafficMetrics.refused();
          return;
        }
      } catch (error) {
        statement.inDoubt();
        const late = LATE.has(mode()?.mode ?? 'off');
        if (late) refusals += 1;
        if (late) trafficMetrics.lockedOut();
        else if (breaksRule(error)) trafficMetrics.refused();
        else trafficMetrics.failed('bypass', error);
        return;
      }
      refusals = 0;
      ledger.ack(attempt);
      trafficMetrics.ok('bypass', performance.now() - start);
      statement.done();
    },
    async close() {
      await client?.end().catch(() => undefined);
    },
  };
}

/** Modes in which other logins may have been locked out already: from the last stage of reads on. */
const LATE: ReadonlySet<string> = new Set(['reads', 'drained', 'complete', 'stopped']);

/** Whether the database's own constraints or triggers rejected the data; the migration is not at fault. */
function breaksRule(error: unknown): boolean {
  return isRule(typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '');
}

/** Classes of SQLSTATE: data, integrity, triggers that raise, WITH CHECK OPTION. */
export function isRule(sqlstate: string): boolean {
  return /^(?:22|23|27|44|P0)/.test(sqlstate);
}
