import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { assess } from '../../../../src/domain/assess/assess.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { SCHEMAS } from '../awkward/schemas.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards.stop());

test.each(Object.entries(SCHEMAS))('%s', async (name, { schema, login, sql, plan, indexes, findings }) => {
  const url = new URL(await awkwards.create(`awkward_${Object.keys(SCHEMAS).indexOf(name)}`, sql, schema));
  if (login !== undefined) url.username = login;
  const source = awkwards.open(url.href);
  const parsed = planSchema.parse({
    name: 'awkward',
    source: { schema: schema ?? 'public' },
    table: { name: 'awkward', indexes: indexes ?? [] },
    ...plan,
  });
  const catalogue = await readCatalogue(source, parsed.source.schema);
  const found = [
    ...planFindings(parsed, catalogue),
    ...assess(parsed, catalogue, await measure(source, parsed, catalogue)),
  ];
  for (const [finding, severity, path, evidence] of findings)
    expect(found).toContainEqual(
      expect.objectContaining({ name: finding, severity, path, evidence: expect.stringMatching(evidence) }),
    );
});
