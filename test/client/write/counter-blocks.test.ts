import { expect, test } from '@jest/globals';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { startCounters } from '../../../src/domain/progress/counters.ts';
import { campaign, session, user } from '../rows.ts';
import { useFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started));

function counted() {
  const { SESSION, ...others } = fixture.plan.entities;
  const plan = planSchema.parse({
    ...fixture.plan,
    entities: { ...others, SESSION: { ...SESSION, defaults: { ...SESSION?.defaults, number: 'counter' } } },
  });
  const state: ModeState = {
    mode: 'complete',
    readPercent: 100,
    epoch: 1,
    generation: 1,
    stoppedFrom: null,
    mappingRevision: 0,
  };
  return fixture.client({ plan, control: { ...fixture.control, mode: () => Promise.resolve(state) } });
}

const unnumbered = (owner: string, of: string) => {
  const { number: _number, ...row } = session(owner, of);
  return row;
};

test('RACE-47 once PostgreSQL is gone, new rows are numbered on from where it stood, by every client apart', async () => {
  const [first, second] = [await counted(), await counted()];
  const owner = user();
  const game = campaign(owner.id);
  await first.put('USER', owner);
  await first.put('CAMPAIGN', game);
  await expect(first.put('SESSION', unnumbered(owner.id, game.id))).rejects.toMatchObject({
    name: 'ValueRefused',
    message: expect.stringMatching(/number: its counter was not started/),
  });
  await startCounters(fixture.control, [{ schema: 'public', table: 'sessions', column: 'number' }], () =>
    Promise.resolve([41n]),
  );
  const rows = Array.from({ length: 25 }, () => [unnumbered(owner.id, game.id), unnumbered(owner.id, game.id)]).flat();
  await Promise.all(rows.map((row, at) => (at % 2 === 0 ? first : second).put('SESSION', row)));
  const named = session(owner.id, game.id, { number: 7 });
  await first.put('SESSION', named);
  const numberOf = async (id: string) =>
    Number((await first.get('SESSION', { user_id: owner.id, campaign_id: game.id, id }))?.['number']);
  const numbers = await Promise.all(rows.map(({ id }) => numberOf(id)));
  expect(new Set(numbers).size).toBe(rows.length);
  expect(Math.min(...numbers)).toBe(42);
  expect(Math.max(...numbers)).toBeLessThan(42 + 4 * 20);
  expect(await numberOf(named.id)).toBe(7);
  // A row that is there keeps its number.
  const [kept] = rows;
  if (kept === undefined) throw new Error('no rows');
  const before = await numberOf(kept.id);
  await second.put('SESSION', { ...kept, title: 'Two' });
  expect(await numberOf(kept.id)).toBe(before);
}, 60_000);
