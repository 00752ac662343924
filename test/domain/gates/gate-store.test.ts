import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GateRefused } from '../../../src/domain/errors.ts';
import {
  approvedGate,
  decideGate,
  expireGates,
  longestOpenSeconds,
  openGate,
} from '../../../src/domain/gates/gate-store.ts';
import type { Executions } from '../../../src/domain/ports/executions.ts';
import { type ControlOnDynamoDb, startControl } from '../../control-record.ts';

let engine: ControlOnDynamoDb;

beforeAll(async () => {
  engine = await startControl();
});

afterAll(() => engine.stop());

/** A waiting task that notes what it is told. */
function waiting(told: string[], answer: 'sent' | 'closed' = 'sent'): Executions {
  const tell = (what: string): Promise<'sent' | 'closed'> => {
    told.push(what);
    return Promise.resolve(answer);
  };
  return {
    running: () => Promise.resolve(true),
    succeed: (token) => tell(`success ${token}`),
    fail: (token, error) => tell(`${error} ${token}`),
    stop: () => Promise.resolve(),
  };
}

const now = '2026-01-01T00:00:00.000Z';
const input = {
  gate: 'enter-cutover',
  run: 'r',
  token: 'secret',
  evidence: { nights: 7 },
  expiresInSeconds: 60,
  now,
} as const;

test('a decision reaches the task that waits, once, and what is answered holds no token', async () => {
  const control = await engine.fresh();
  const told: string[] = [];
  const { evidenceHash } = await openGate(control, input);
  const decision = { gate: 'enter-cutover', run: 'r', decision: 'approve', by: 'ann', evidenceHash, now } as const;
  const answers = await Promise.allSettled([1, 2].map(() => decideGate(control, waiting(told), decision)));
  expect(JSON.stringify(answers)).not.toContain('secret');
  expect(new Set(told)).toEqual(new Set(['success secret']));
  expect(await approvedGate(control, 'enter-cutover', 'r', { nights: 7 })).toEqual([{ by: 'ann', at: now }]);
  await expect(decideGate(control, waiting(told), { ...decision, by: 'bob' })).rejects.toThrow(GateRefused);
});

test('a rejection fails the task under its own name', async () => {
  const control = await engine.fresh();
  const told: string[] = [];
  const { evidenceHash } = await openGate(control, input);
  await decideGate(control, waiting(told), {
    gate: 'enter-cutover',
    run: 'r',
    decision: 'reject',
    by: 'ann',
    evidenceHash,
    now,
  });
  expect(told).toEqual(['GateRejected secret']);
  // The first telling may have been lost: an SDK error, a killed function.
  await decideGate(control, waiting(told), {
    gate: 'enter-cutover',
    run: 'r',
    decision: 'reject',
    by: 'ann',
    evidenceHash,
    now,
  });
  expect(told).toEqual(['GateRejected secret', 'GateRejected secret']);
});

test('where exactly one gate is open, a decision need not name it, and the reason is kept', async () => {
  const control = await engine.fresh();
  const told: string[] = [];
  const decision = { decision: 'approve', by: 'ann', reason: 'seven clean nights', now } as const;
  await expect(decideGate(control, waiting(told), decision)).rejects.toThrow('no gate is open');
  await openGate(control, input);
  await openGate(control, { ...input, run: 'other', token: 'other', evidence: { nights: 8 } });
  await expect(decideGate(control, waiting(told), { ...decision, gate: 'enter-cutover' })).rejects.toThrow(
    /say which one, and its evidence; open are enter-cutover of run other on evidence \w+, enter-cutover of run r on/,
  );
  const { evidenceHash } = await openGate(control, { ...input, run: 'other', token: 'other' });
  await decideGate(control, waiting(told), { ...decision, gate: 'enter-cutover', run: 'other', evidenceHash });
  expect(await decideGate(control, waiting(told), decision)).toMatchObject({ run: 'r', status: 'approved' });
  expect(told).toEqual(['success other', 'success secret']);
  expect(await approvedGate(control, 'enter-cutover', 'r', { nights: 7 })).toEqual([
    { by: 'ann', at: now, reason: 'seven clean nights' },
  ]);
});

test('a decision for a task that is gone is refused, and a gate that nobody waits behind is closed', async () => {
  const control = await engine.fresh();
  const { evidenceHash } = await openGate(control, input);
  const decision = { gate: 'enter-cutover', run: 'r', decision: 'approve', by: 'ann', evidenceHash, now } as const;
  await expect(decideGate(control, waiting([], 'closed'), decision)).rejects.toThrow(GateRefused);
  await openGate(control, { ...input, run: 'other' });
  await expireGates(control);
  await expect(decideGate(control, waiting([]), { ...decision, run: 'other' })).rejects.toThrow(
    'it is expired already',
  );
});

test('a gate waits from its opening until it is decided or expires', async () => {
  const control = await engine.fresh();
  expect(await longestOpenSeconds(control, now)).toBe(0);
  await openGate(control, input);
  await openGate(control, { ...input, run: 'later', now: '2026-01-01T00:00:20.000Z' });
  expect(await longestOpenSeconds(control, '2026-01-01T00:00:50.000Z')).toBe(50);
  expect(await longestOpenSeconds(control, '2026-01-01T00:01:10.000Z')).toBe(50);
  await expireGates(control);
  expect(await longestOpenSeconds(control, '2026-01-01T00:00:50.000Z')).toBe(0);
});
