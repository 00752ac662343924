import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PhaseRecord } from '../../src/domain/progress/phase.ts';
import { named } from '../local/aws/states/harness.ts';
import { startFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.reset();
});

afterAll(() => fixture.stop());

const OUTAGE_MS = 5 * 60_000;
/** What functions throw while a service throttles or is away. */
const ERRORS = ['Throttled', 'ServiceUnavailable', 'TargetUnavailable', 'SourceUnavailable', 'StatementInterrupted'];

test('an outage of five minutes at every step, one after the other, is waited for and rolls nothing back', async () => {
  const outages = new Map<string, { readonly until: number; readonly error: string }>();
  fixture.states.functions.before = (name) => {
    // Stand-ins for machines, which try nothing again themselves.
    if (name.startsWith('portage-child-')) return;
    const now = fixture.states.clock.now();
    const error = ERRORS[outages.size % ERRORS.length] ?? 'Throttled';
    const outage = outages.get(name) ?? { until: now + OUTAGE_MS, error };
    outages.set(name, outage);
    if (now < outage.until) throw named(outage.error);
  };
  const execution = await fixture.startRun('outages');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await fixture.states.ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
  const phases = await fixture.control.list<PhaseRecord>('PHASE');
  expect(phases.map(({ id, value }) => `${id} ${value.status}`)).toEqual([
    'auth done',
    'cutover done',
    'decommission done',
    'dual-write done',
  ]);
  expect(await fixture.control.list('RECOVERY')).toEqual([]);
  expect(outages.size).toBeGreaterThan(25);
  expect(fixture.calls()).not.toContain('return-reads');
}, 120_000);
