import { join } from 'node:path';

import { Client } from 'pg';

import { seedCampaigns } from '../../examples/campaigns/generator/seed.ts';
import { planFindings } from '../../src/domain/plan-check/check.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { contentsOf, emptyDatabase } from '../load-script/contents.ts';
import { checkScript } from '../load-script/lines.ts';
import { loadedLine, loadScripts } from '../load-script/load-scripts.ts';
import { StartupError } from '../process/startup-error.ts';
import { writeAtomic } from '../process/write-atomic.ts';
import { readPlan } from '../stack/read-plan.ts';
import type { ApplicationOptions } from '../traffic/messages.ts';
import { createLegacyLogin } from './legacy-login.ts';
import { count } from './output/format.ts';
import type { Terminal } from './output/terminal.ts';

/** What a demo migrates: the reference application, or any plan with the scripts that make its database. */
export interface DemoSource {
  readonly title: string;
  /** The stack's own choice where it is null. */
  readonly planFile: string | null;
  /** Fills the empty database; answers rows by table. */
  seed(url: string, terminal: Terminal): Promise<Readonly<Record<string, number>>>;
  application(clientId: string | null): ApplicationOptions;
}

/** Generated data under the traffic that knows it; `planFile` is another plan for the same tables. */
export function referenceApplication(
  planFile: string | null,
  { seed, scale }: { readonly seed: number; readonly scale: number },
): DemoSource {
  return {
    title: 'the reference application',
    planFile,
    seed: (url, terminal) =>
      fillDatabase(url, async (client) => {
        await seedCampaigns(client, {
          seed,
          scale,
          onProgress: (done, all) => terminal.status(`seeding ${count(done)} of ${count(all)} rows`),
        });
      }),
    application: (clientId) => ({ kind: 'campaigns', scale, clientId }),
  };
}

/** Somebody's own plan and dump, under traffic that is derived from the two. */
export function ownDatabase(
  planFile: string,
  scripts: readonly string[],
  directory: string,
  terminal: Terminal,
): DemoSource {
  for (const script of scripts) checkScript(script);
  const plan = readPlan(planFile);
  const adapted = join(directory, 'plan.json');
  const { plan: local, notes } = adaptToThisMachine(plan);
  for (const note of notes) terminal.say('plan', note);
  writeAtomic(adapted, JSON.stringify(local, null, 2));
  return {
    title: `${plan.name}, from the plan ${planFile}`,
    planFile: adapted,
    seed: (url, { say }) =>
      fillDatabase(url, async () => {
        const loaded = await loadScripts(url, scripts, (line) => say('loading', line));
        say('loading', loadedLine(loaded));
      }),
    application: () => ({ kind: 'generated', profileFile: join(directory, 'profile.json') }),
  };
}

/** A plan that does not fit what was loaded would only fail later, and less clearly. */
export async function checkPlanFits(connectionString: string, plan: Plan, planFile: string | null): Promise<void> {
  const source = createPgSource({ connection: { connectionString } });
  const catalogue = await readCatalogue(source, plan.source.schema).finally(() => source.close());
  const [first, ...others] = planFindings(plan, catalogue).filter(({ severity }) => severity === 'blocks');
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more: npx portage plan check shows all)`;
  throw new StartupError(`${planFile ?? 'plan.json'}, ${first.path}: ${first.evidence}. ${first.remedy}${more}`);
}

async function fillDatabase(
  url: string,
  fill: (client: Client) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // A seeding that was killed halfway left tables behind; nothing of worth is in them yet.
    await emptyDatabase(client);
    await fill(client);
    const tables = await contentsOf(client);
    await createLegacyLogin(client, [...new Set(tables.map(({ schema }) => schema))]);
    return Object.fromEntries(tables.map(({ schema, table, rows }) => [`${schema}.${table}`, rows]));
  } finally {
    await client.end();
  }
}

const LEASE_SECONDS = 1;
const DEADLINE_SECONDS = 3;
const SAMPLES = 60;
const LATENCY_RATIO = 20;
/** The p99 of so few samples is the slowest of them, which waited for a core. */
const TOLERATED_P99_MS = 1_500;
/** One read in a few dozen that a busy machine kept waiting is no fault of DynamoDB's. */
const ERROR_RATE = 0.05;

/**
 * A plan for production waits as long, and asks for as many samples, as production needs. Here a stage takes seconds, and engines that share two cores
 * say nothing about AWS's latency; what is changed is said.
 */
function adaptToThisMachine(plan: Plan): { readonly plan: Plan; readonly notes: readonly string[] } {
  const { auth, ...rest } = plan;
  const local: Plan = {
    ...rest,
    writes: {
      leaseSeconds: Math.min(plan.writes.leaseSeconds, LEASE_SECONDS),
      deadlineSeconds: Math.min(plan.writes.deadlineSeconds, DEADLINE_SECONDS),
    },
    cutover: {
      ...plan.cutover,
      minSamples: Math.min(plan.cutover.minSamples, SAMPLES),
      maxLatencyRatio: Math.max(plan.cutover.maxLatencyRatio, LATENCY_RATIO),
      maxErrorRate: Math.max(plan.cutover.maxErrorRate, ERROR_RATE),
      toleratedP99Ms: Math.max(plan.cutover.toleratedP99Ms, TOLERATED_P99_MS),
    },
  };
  const { writes, cutover } = local;
  return {
    plan: local,
    notes: [
      auth === undefined
        ? 'the plan has no `auth` section: phase 1 (sign-in) is skipped'
        : 'phase 1 (sign-in) is skipped and `auth` is not tested: the passwords of the users are unknown here',
      `relaxed for this machine: ${settingsText(writes, cutover)}; in the plan ${settingsText(plan.writes, plan.cutover)}`,
    ],
  };
}

function settingsText(
  { leaseSeconds }: Plan['writes'],
  { minSamples, maxLatencyRatio, maxErrorRate, toleratedP99Ms }: Plan['cutover'],
): string {
  return `leases of ${leaseSeconds} s, ${minSamples} samples a stage, ${maxErrorRate * 100} % errors, a p99 of ${toleratedP99Ms} ms or ${maxLatencyRatio} times PostgreSQL's`;
}
