import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import jsonata from 'jsonata';
import * as z from 'zod';
import { readDefinitions } from '../../infra/definition.ts';
import { statesOf } from './lint.ts';

const definitions = readDefinitions(join(import.meta.dirname, '../../statemachines'));
const wait = z.looseObject({ Seconds: z.string() });

/** An execution fails at 25,000 events; one turn has 9: Task (5), Choice (2), Wait (2). Retries are left some. */
const TURNS = Math.floor(20_000 / 9);

test.each([
  ['delete-source', 'WaitForDeletion', 60],
  ['prove-backup', 'WaitForRemoval', 60],
  ['prove-backup', 'WaitForRemovalAfterFailure', 60],
  ['decommission', 'WaitForLastSql', 365],
])('%s: %s waits longer each time, so that its events last for %d days', async (machine, name, days) => {
  const found = statesOf(definitions.get(machine) ?? '').find((placed) => placed.name === name);
  const expression = jsonata(wait.parse(found?.state).Seconds.replace(/^\{%|%\}$/g, ''));
  let seconds = 0;
  for (let waits = 0; waits < TURNS; waits++) seconds += z.number().parse(await expression.evaluate({}, { waits }));
  expect(seconds / 86_400).toBeGreaterThan(days);
});
