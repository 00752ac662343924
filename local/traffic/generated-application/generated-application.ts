import { setTimeout as sleep } from 'node:timers/promises';

import type { Ports } from '../../../handlers/wiring/compose.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import type { Mapping } from '../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { comparesReads, writesTo } from '../../../src/domain/mode/modes.ts';
import type { Application, Workplace } from '../application.ts';
import { compareOnce } from './compare-stores.ts';
import { jobStatement } from './bypass-job.ts';
import { readSomething } from './reads.ts';
import type { Scene } from './operation-context.ts';
import { shapesOf } from './entity-shape.ts';
import { openShelf } from './row-pool.ts';
import { keptSurvey } from './database-profile.ts';
import { takeSurvey } from './profile-database.ts';
import { writeSomething } from './writes.ts';

const COMPARE_EVERY_MS = 120;
/** While the window is open there is time, and the cores are wanted elsewhere: a few comparisons of each pattern, slowly. */
const COMPARE_IN_WINDOW_MS = 400;
const COMPARISONS_IN_WINDOW = 3;
const WRITES_PERCENT = 15;

/** What anybody's programs would do with these tables: ask the plan's patterns, read by key, change, add and remove rows. */
export async function derivedApplication(
  { seed, surveyFile, url }: { readonly seed: number; readonly surveyFile: string; readonly url: string },
  workplace: Workplace,
  ports: Ports,
): Promise<Application> {
  const { client, ledger, meter, earlier, owners, random } = workplace;
  const survey = await keptSurvey(surveyFile, async () => {
    const catalogue = await readCatalogue(ports.sql, ports.plan.source.schema);
    return takeSurvey(url, ports.plan, compilePlan(ports.plan, catalogue, {}), seed);
  });
  const shelf = openShelf(survey, owners, earlier);
  const scenes = Array.from({ length: owners }, (_, worker): Scene => {
    return { client, survey, shelf, ledger, meter, random: random(worker), worker };
  });
  const sceneOf = (worker: number): Scene => {
    const scene = scenes[worker];
    if (scene === undefined) throw new RangeError(`there is no worker ${worker}`);
    return scene;
  };
  for (const { name } of survey.patterns) meter.knows(name);
  return {
    shapes: shapesOf(survey),
    seededRow: () => ({}),
    async operate(worker) {
      const scene = sceneOf(worker);
      if (scene.random.between(1, 100) <= WRITES_PERCENT) await writeSomething(scene);
      else await readSomething(scene);
    },
    async workAround(bypass) {
      const statement = jobStatement(sceneOf(owners - 1));
      if (statement !== null) await bypass.run(statement);
    },
    async watch(running) {
      let mapping: Mapping | null = null;
      for (let turn = 0, inWindow = 0; running(); turn += 1) {
        const mode = workplace.mode()?.mode ?? 'off';
        await sleep(comparesReads(mode) ? COMPARE_EVERY_MS : COMPARE_IN_WINDOW_MS);
        const pattern = survey.patterns[turn % survey.patterns.length];
        if (pattern === undefined || writesTo(mode) !== 'both') continue;
        if (!comparesReads(mode)) {
          if (inWindow >= COMPARISONS_IN_WINDOW * survey.patterns.length) continue;
          inWindow += 1;
        }
        try {
          mapping ??= await ports.mapping();
          await compareOnce({ ports, mapping, survey, random: random(owners + turn), meter }, pattern);
        } catch {
          // A store that cannot answer now is the reads' own failure; here only answers count.
        }
      }
    },
  };
}
