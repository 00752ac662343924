import { setTimeout as sleep } from 'node:timers/promises';

import type { Ports } from '../../../handlers/wiring/ports.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import type { Mapping } from '../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { comparesReads, writesTo } from '../../../src/domain/mode/modes.ts';
import type { Application, ApplicationContext } from '../application.ts';
import { compareStores } from './compare-stores.ts';
import { bypassStatement } from './bypass-job.ts';
import { readSomething } from './reads.ts';
import type { OperationContext } from './operation-context.ts';
import { shapesOf } from './entity-shape.ts';
import { openRowPool } from './row-pool.ts';
import { storedProfile } from './database-profile.ts';
import { profileDatabase } from './profile-database.ts';
import { writeSomething } from './writes.ts';

const COMPARE_EVERY_MS = 120;
/**
 * The window leaves time, and the cores are needed elsewhere: a few comparisons of each pattern,
 * slowly.
 */
const COMPARE_IN_WINDOW_MS = 400;
const COMPARISONS_IN_WINDOW = 3;
const WRITES_PERCENT = 15;

/**
 * A generic application on these tables: queries the plan's patterns, reads by key, changes, adds
 * and removes rows.
 */
export async function generatedApplication(
  { seed, profileFile, url }: { readonly seed: number; readonly profileFile: string; readonly url: string },
  applicationContext: ApplicationContext,
  ports: Pick<Ports, 'plan' | 'sql' | 'table' | 'intents' | 'mapping'>,
): Promise<Application> {
  const { client, ledger, trafficMetrics, earlier, owners, random } = applicationContext;
  const profile = await storedProfile(profileFile, async () => {
    const catalogue = await readCatalogue(ports.sql, ports.plan.source.schema);
    return profileDatabase(url, ports.plan, compilePlan(ports.plan, catalogue, {}), seed);
  });
  const rowPool = openRowPool(profile, owners, earlier);
  const contexts = Array.from({ length: owners }, (_, worker): OperationContext => {
    return { client, profile, rowPool, ledger, trafficMetrics, random: random(worker), worker };
  });
  const contextOf = (worker: number): OperationContext => {
    const context = contexts[worker];
    if (context === undefined) throw new RangeError(`there is no worker ${worker}`);
    return context;
  };
  for (const { name } of profile.patterns) trafficMetrics.knows(name);
  return {
    shapes: shapesOf(profile),
    seededRow: () => ({}),
    async operate(worker) {
      const context = contextOf(worker);
      if (context.random.between(1, 100) <= WRITES_PERCENT) await writeSomething(context);
      else await readSomething(context);
    },
    async runBypassJob(bypass) {
      const statement = bypassStatement(contextOf(owners - 1));
      if (statement !== null) await bypass.run(statement);
    },
    async watch(running) {
      let mapping: Mapping | null = null;
      for (let turn = 0, inWindow = 0; running(); turn += 1) {
        const mode = applicationContext.mode()?.mode ?? 'off';
        await sleep(comparesReads(mode) ? COMPARE_EVERY_MS : COMPARE_IN_WINDOW_MS);
        const pattern = profile.patterns[turn % profile.patterns.length];
        if (pattern === undefined || writesTo(mode) !== 'both') continue;
        if (!comparesReads(mode)) {
          if (inWindow >= COMPARISONS_IN_WINDOW * profile.patterns.length) continue;
          inWindow += 1;
        }
        try {
          mapping ??= await ports.mapping();
          await compareStores({ ports, mapping, profile, random: random(owners + turn), trafficMetrics }, pattern);
        } catch {
          // Store failures are counted by the reads; here only results count.
        }
      }
    },
  };
}
