import * as z from 'zod';
import { connect, type Connected } from '../../local/engines/connect.ts';
import { connectionInfo } from '../../local/engines/connection-info.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { openClient } from '../../src/client/open-client.ts';
import { loadSegment, planLoad } from '../../src/domain/load/run-load.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { writerRowsOf } from './writer-rows.ts';
import { Journal } from './journal.ts';
import { type Death, death, ROLES, type Role } from './kill-schedule.ts';
import { write } from './writes.ts';

export const GENERATION = 1;

const start = z.object({ facts: connectionInfo, plan: planSchema });
/** A part in a run, and how it ends. */
const part = z.object({ role: z.enum(ROLES), seed: z.number(), journal: z.string(), death });
const message = z.union([z.object({ start }), z.object({ part }), z.object({ stop: z.literal(true) })]);
export type ToChild = z.input<typeof message>;

const at = (): string => new Date().toISOString();
const silent: Metrics = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };

let context: { readonly plan: Plan; readonly connected: Connected; readonly mapping: Mapping } | null = null;
let stopped = false;

process.on('message', (raw) => {
  const said = message.parse(raw);
  if ('stop' in said) stopped = true;
  else void ('start' in said ? connectTo(said.start) : perform(said.part)).then(() => process.send?.('ready'));
});
// The parent process has ended.
process.on('disconnect', () => process.exit());

async function connectTo({ facts, plan }: z.infer<typeof start>): Promise<void> {
  const connected = connect(facts, plan, silent);
  const mapping = compilePlan(plan, await readCatalogue(connected.sources.pg, plan.source.schema), {});
  context = { plan, connected, mapping };
}

async function perform({ role, seed, journal, death }: z.infer<typeof part>): Promise<void> {
  stopped = false;
  const hook = killHook(death);
  for (;;) {
    try {
      return await performOnce(role, seed, journal, hook);
    } catch {
      // Like a function that is invoked again: work that fails now is done by a later invocation.
      if (stopped) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const die = (): boolean => process.kill(process.pid, 'SIGKILL');

/** Ends the process at its planned step without flushing or closing anything. */
function killHook(planned: Death): (step: string) => void {
  let seen = 0;

  if (planned !== null && 'afterMs' in planned) setTimeout(die, planned.afterMs);
  return (step) => {
    if (planned === null || 'afterMs' in planned || step !== planned.step) return;
    seen++;
    if (seen >= planned.nth) die();
  };
}

async function performOnce(role: Role, seed: number, journal: string, hook: (step: string) => void): Promise<void> {
  if (context === null) throw new Error('a part before the start');
  const { plan, connected, mapping } = context;
  const { sources, table, intents, bodies, control } = connected;
  if (role === 'writer by data-api' || role === 'writer by pg') {
    const source = role === 'writer by pg' ? sources.pg : sources['data-api'];
    const client = await openClient({
      plan,
      source,
      table,
      intents,
      bodies,
      control,
      metrics: silent,
      logger: silentLogger,
      hook,
    });
    await write(client, writerRowsOf(seed, role), seed, role, new Journal(journal));
    return client.close().catch(() => {});
  }
  const sql = sources[seed % 2 === 0 ? 'pg' : 'data-api'];
  const rows = createRowSource(sql, mapping);
  const changelog = createChangelog(sql);
  const ports = { control, mapping, rows, changelog, table, bodies, intents };
  if (role === 'load') {
    const segments = (await planLoad(ports))?.segments ?? [];
    for (const segment of segments.keys()) {
      await loadSegment(
        ports,
        { generation: GENERATION, segment, now: at() },
        { pause: () => false, sleep: () => Promise.resolve(), pageSize: 5, hook },
      );
    }
    return;
  }
  for (;;) {
    if (stopped) return;
    const options = { mapping, generation: GENERATION, at: at(), hook };
    if (role === 'relay') await relayOnce(ports, { ...options, limit: 20 });
    else await sweep(ports, { ...options, oldAfterMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
