import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readDefinitions } from '../../infra/definition.ts';
import { readManifest } from '../../infra/manifest.ts';
import { localConfiguration } from '../../local/template/local-configuration.ts';
import { readAssembly } from '../../local/template/read-assembly.ts';
import { synthesise } from '../../local/template/synthesise.ts';
import { SOURCE } from '../../src/domain/assess/estimate.ts';
import { DEPLOYED } from '../../src/domain/prerequisites/quotas.ts';

const root = join(import.meta.dirname, '../..');

test('`portage doctor` asks for quotas of what the template and the definitions have', async () => {
  const [deployment] = readAssembly(await synthesise(localConfiguration(join(root, 'examples/campaigns/plan.json'))));
  expect(deployment?.tables.length).toBe(DEPLOYED.tables);
  expect(deployment?.machines.length).toBe(DEPLOYED.machines);
  const { functions } = readManifest(join(root, 'infra/functions.json'));
  expect(functions.filter(({ schedule }) => schedule !== undefined).length).toBe(DEPLOYED.scheduledFunctions);
}, 300_000);

test('a load and a verification run as many parts at a time as the estimate assumes', () => {
  const definitions = readDefinitions(join(root, 'statemachines'));
  const parts = ['load', 'verify'].flatMap((machine) =>
    [...(definitions.get(machine) ?? '').matchAll(/"MaxConcurrency":\s*(\d+)/g)].map(([, most]) => Number(most)),
  );
  expect(parts).toEqual([SOURCE.workers, SOURCE.workers, SOURCE.workers]);
});
