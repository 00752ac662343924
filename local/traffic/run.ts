import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { randomOf } from '../../examples/campaigns/generator/random.ts';
import type { Random } from '../../examples/campaigns/generator/random.ts';
import { compose } from '../../handlers/wiring/compose.ts';
import type { Ports } from '../../handlers/wiring/compose.ts';
import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { Application, Workplace } from './application.ts';
import { createBypass } from './bypass-writer.ts';
import { campaignsApplication } from './campaigns/campaigns.ts';
import { derivedApplication } from './generated-application/generated-application.ts';
import { expectationsOf } from './ledger/expectation.ts';
import { withFault } from './faults.ts';
import type { Fault } from './faults.ts';
import { openLedger, readLedger } from './ledger/ledger.ts';
import type { TrafficOptions, TrafficReport } from './messages.ts';
import { createMeter } from './traffic-metrics.ts';
import type { Meter, TrafficCounts } from './traffic-metrics.ts';
import { openJournalClient } from './open-client.ts';
import { rowsOfDynamo, rowsOfPostgres } from './ledger/store-rows.ts';
import { lostWrites } from './ledger/find-lost-writes.ts';
import { work, workAround } from './worker.ts';

export interface Traffic {
  counts(): TrafficCounts;
  setFault(fault: Fault | null): void;
  /** Ends the load and answers what the ledger says. */
  finish(): Promise<TrafficReport>;
}

const MODE_POLL_MS = 500;
const BYPASS_PAUSE_MS = 2_500;
const EXAMPLES = 20;

/** Starts the load on the stack that the environment names. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const ports = compose();
  const meter = createMeter((line) => appendFileSync(options.logFile, `${new Date().toISOString()} ${line}\n`));
  const earlier = readLedger(options.ledgerFile);
  const ledger = openLedger(options.ledgerFile);
  let fault = options.fault;
  let mode: ModeState | null = null;
  const ending = new AbortController();
  const running = (): boolean => !ending.signal.aborted;

  const watching = (async () => {
    while (running()) {
      mode = await ports.control.mode().catch(() => mode);
      await sleep(MODE_POLL_MS);
    }
  })();
  const table = withFault(
    ports.table,
    () => fault,
    () => mode,
  );
  const opened = await openJournalClient({ ports, table, metrics: metered(ports.metrics, meter) });
  // Another stream of choices each time: a resumed run must not write the same rows in the same order again.
  const run = `${process.pid} ${earlier.length}`;
  const random = (worker: number): Random => randomOf(options.seed, `traffic ${run} ${worker}`);
  const workplace: Workplace = {
    client: opened.client,
    ledger,
    meter,
    earlier,
    owners: options.workers + 1,
    random,
    mode: () => mode,
  };
  const application = await applicationOf(options, workplace, ports);
  const pauseMs = (options.workers * 1_000) / options.rate;
  const workers = Array.from({ length: options.workers }, (_, worker) =>
    work(application, worker, { running, pauseMs, random: random(worker + options.workers + 1) }),
  );
  const bypass = createBypass(options.legacyUrl, workplace);
  workers.push(workAround(application, bypass, { running, pauseMs: BYPASS_PAUSE_MS, random: random(-1) }));

  if (application.watch !== undefined) workers.push(application.watch(running));

  return {
    counts: meter.counts,
    setFault: (next) => {
      fault = next;
    },
    async finish() {
      ending.abort();
      await Promise.all([...workers, watching]);
      await opened.close();
      ledger.close();
      const lines = readLedger(options.ledgerFile);
      const { shapes } = application;
      const expectations = expectationsOf(lines, application.seededRow);
      const { mode: last } = await ports.control.mode();
      const authority = last === 'complete' ? 'dynamodb' : 'postgres';
      const found =
        authority === 'dynamodb'
          ? await rowsOfDynamo(ports.table, ports.bodies, shapes, expectations)
          : await withClient(options.checkUrl, (client) => rowsOfPostgres(client, shapes, expectations));
      const lost = lostWrites(expectations, found);
      return {
        ...meter.stats(),
        authority,
        attempted: lines.filter((line) => 'attempt' in line).length,
        acknowledged: lines.filter((line) => 'ack' in line).length,
        rowsChecked: expectations.size,
        lost: lost.length,
        examples: lost.slice(0, EXAMPLES),
      };
    },
  };
}

async function applicationOf(options: TrafficOptions, workplace: Workplace, ports: Ports): Promise<Application> {
  const { seed, application } = options;
  if (application.kind === 'campaigns') return campaignsApplication({ seed, ...application }, workplace);
  return derivedApplication({ seed, ...application, url: options.checkUrl }, workplace, ports);
}

/** Passes the client's metrics on and counts them on the way. */
function metered(metrics: Metrics, meter: Meter): Metrics {
  return {
    count(name, value, dimensions = {}) {
      meter.observed(name, value, dimensions);
      metrics.count(name, value, dimensions);
    },
    milliseconds: (name, value, dimensions) => metrics.milliseconds(name, value, dimensions),
    flush: () => metrics.flush(),
  };
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
