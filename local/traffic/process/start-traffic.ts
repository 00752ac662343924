import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { randomOf } from '../../../examples/campaigns/generator/random.ts';
import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { connect } from '../../../handlers/wiring/connect.ts';
import { metrics } from '../../../handlers/wiring/aws.ts';
import { control, mapping, plan } from '../../../handlers/wiring/control.ts';
import { sql } from '../../../handlers/wiring/source.ts';
import { bodies, intents, table } from '../../../handlers/wiring/target.ts';
import type { Ports } from '../../../handlers/wiring/ports.ts';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { Metrics } from '../../../src/domain/ports/metrics.ts';
import { signedAs } from '../../stack/environment.ts';
import type { Application, ApplicationContext } from '../application.ts';
import { createBypassWriter } from '../bypass-writer.ts';
import { campaignsApplication } from '../campaigns/campaigns.ts';
import { generatedApplication } from '../generated-application/generated-application.ts';
import { expectationsOf } from '../ledger/expectation.ts';
import { withFault } from '../faults.ts';
import type { TrafficFault } from '../faults.ts';
import { openLedger, readLedger } from '../ledger/ledger.ts';
import type { TrafficOptions, TrafficReport } from '../messages.ts';
import { createTrafficMetrics } from '../traffic-metrics.ts';
import type { TrafficMetrics, TrafficCounts } from '../traffic-metrics.ts';
import { openTrafficClient } from '../open-client.ts';
import { rowsOfDynamo, rowsOfPostgres } from '../ledger/store-rows.ts';
import { findLostWrites } from '../ledger/find-lost-writes.ts';
import { work, runBypassJob } from './worker.ts';

const USES = { plan, sql, table, intents, bodies, control, metrics, mapping };

export interface Traffic {
  counts(): TrafficCounts;
  setFault(fault: TrafficFault | null): void;
  /** Ends the load and returns the ledger's verdict. */
  finish(): Promise<TrafficReport>;
}

const MODE_POLL_MS = 500;
const BYPASS_PAUSE_MS = 2_500;
const EXAMPLES = 20;

/** Starts the load on the stack that the environment names. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const ports = connect().ports(USES);
  const trafficMetrics = createTrafficMetrics((line) =>
    appendFileSync(options.logFile, `${new Date().toISOString()} ${line}\n`),
  );
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
  const opened = await openTrafficClient({ ports, table, metrics: countingMetrics(ports.metrics, trafficMetrics) });
  // Another stream of choices each time: a resumed run must not write the same rows in the same order again.
  const run = `${process.pid} ${earlier.length}`;
  const random = (worker: number): Random => randomOf(options.seed, `traffic ${run} ${worker}`);
  const applicationContext: ApplicationContext = {
    client: opened.client,
    ledger,
    trafficMetrics,
    earlier,
    owners: options.workers + 1,
    random,
    mode: () => mode,
  };
  const application = await applicationOf(options, applicationContext, ports);
  const pauseMs = (options.workers * 1_000) / options.rate;
  const workers = Array.from({ length: options.workers }, (_, worker) =>
    work(application, worker, { running, pauseMs, random: random(worker + options.workers + 1) }),
  );
  const bypass = createBypassWriter(options.legacyUrl, applicationContext);
  workers.push(runBypassJob(application, bypass, { running, pauseMs: BYPASS_PAUSE_MS, random: random(-1) }));

  if (application.watch !== undefined) workers.push(application.watch(running));

  return {
    counts: trafficMetrics.counts,
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
          ? await rowsOfDynamo(checkPorts(options), shapes, expectations)
          : await withClient(options.checkUrl, (client) => rowsOfPostgres(client, shapes, expectations));
      const lost = findLostWrites(expectations, found);
      return {
        ...trafficMetrics.stats(),
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

async function applicationOf(
  options: TrafficOptions,
  applicationContext: ApplicationContext,
  ports: Pick<Ports, 'plan' | 'sql' | 'table' | 'intents' | 'mapping'>,
): Promise<Application> {
  const { seed, application } = options;
  if (application.kind === 'campaigns') return campaignsApplication({ seed, ...application }, applicationContext);
  return generatedApplication({ seed, ...application, url: options.checkUrl }, applicationContext, ports);
}

/** The SDK takes the credentials of its environment when a client is made. */
function checkPorts({ checkCredentials }: TrafficOptions): Pick<Ports, 'table' | 'bodies'> {
  Object.assign(process.env, signedAs({}, checkCredentials));
  return connect().ports({ table, bodies });
}

/** Passes the client's metrics on and counts them on the way. */
function countingMetrics(metrics: Metrics, trafficMetrics: TrafficMetrics): Metrics {
  return {
    count(name, value, dimensions = {}) {
      trafficMetrics.observed(name, value, dimensions);
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
