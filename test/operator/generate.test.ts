import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { portage } from './portage.ts';

const plan = join(import.meta.dirname, '../../examples/campaigns/plan.json');

test('generate says in one line what it lacks: the plan, or the source', async () => {
  const noSource = await portage(['generate', '--plan', plan, '--out', 'x'], { PORTAGE_DATABASE: 'app' });
  expect(noSource).toMatchObject({
    exitCode: 1,
    error: 'PORTAGE_CLUSTER_ARN, PORTAGE_SECRET_ARN not set: the source is reached through the Data API of its cluster',
  });
  const noPlan = await portage(['generate', '--plan', 'gone.json', '--out', 'x']);
  expect(noPlan).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^gone\.json cannot be read: name the plan with --plan/),
  });
});
