import { expect, test } from '@jest/globals';
import { statementLengths } from '../../../../src/adapters/postgres/assessment/statement-lengths.ts';
import { assessStatements } from '../../../../src/domain/assess/assess-statements.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { catalogueOf } from '../../../domain/campaigns.ts';

const COLUMNS = 500;
const names = Array.from({ length: COLUMNS }, (_, at) => `measured_${at}`);
const catalogue = catalogueOf({
  samples: { columns: { id: 'int8', ...Object.fromEntries(names.map((name) => [name, 'timestamptz?'])) } },
});

function findings(omit: readonly string[]) {
  const plan = planSchema.parse({
    name: 'samples',
    table: { name: 'samples', indexes: [] },
    entities: { SAMPLE: { from: 'samples', key: { PK: 'SAMPLE#{id}', SK: 'SAMPLE#{id}' }, omit } },
  });
  return assessStatements(statementLengths(compilePlan(plan, catalogue, {})));
}

test('a table too wide for one statement of the Data API blocks, and leaving columns behind mends it', () => {
  expect(findings([])).toMatchObject([
    {
      name: 'table-too-wide',
      severity: 'blocks',
      entity: 'SAMPLE',
      path: 'entities.SAMPLE',
      evidence: expect.stringMatching(/takes \d{5,6} characters/),
      remedy: expect.stringContaining('omit'),
    },
  ]);
  expect(findings(names.slice(20))).toEqual([]);
});
