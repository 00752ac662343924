import { expect, test } from '@jest/globals';
import { EvidenceMismatch, GateExpired, GateRefused } from '../../../src/domain/errors.ts';
import { contentHash } from '../../../src/domain/content-hash.ts';
import { assertApproved, decide, type Decision, type Gate, openedGate } from '../../../src/domain/gates/gate.ts';

const gate: Gate = {
  gate: 'decommission',
  run: 'r',
  status: 'open',
  token: 'first-token',
  evidence: { rows: 1 },
  evidenceHash: contentHash({ rows: 1 }),
  steps: [],
  openedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
  approvalsNeeded: 2,
  approvals: [],
};

const by = (person: string, more: Partial<Decision> = {}): Decision => ({
  decision: 'approve',
  by: person,
  evidenceHash: gate.evidenceHash,
  now: '2026-01-02T00:00:00.000Z',
  ...more,
});

test('two different persons open it, and the task hears of it at the second', () => {
  const one = decide(gate, by('ann'));
  expect(one).toMatchObject({ notify: 'nothing', gate: { status: 'open' } });
  const two = decide(one.gate, by('bob'));
  expect(two).toMatchObject({ notify: 'success', gate: { status: 'approved' } });
  expect(() => assertApproved(two.gate, 'decommission', gate.evidenceHash)).not.toThrow();
});

test('RACE-52 the same person does not count twice', () => {
  expect(() => decide(decide(gate, by('ann')).gate, by('ann'))).toThrow(GateRefused);
});

test('RACE-52 a decision on other evidence, after expiry, or on a decided gate is refused', () => {
  expect(() => decide(gate, by('ann', { evidenceHash: 'other' }))).toThrow(EvidenceMismatch);
  expect(() => decide(gate, by('ann', { now: gate.expiresAt }))).toThrow(GateExpired);
  const rejected = decide(gate, by('ann', { decision: 'reject' }));
  expect(rejected).toMatchObject({ notify: 'failure', gate: { status: 'rejected' } });
  expect(() => decide(rejected.gate, by('bob'))).toThrow(GateRefused);
});

test('a repeated approval tells the task again: the first telling may have been lost', () => {
  const approved = decide(decide(gate, by('ann')).gate, by('bob')).gate;
  expect(decide(approved, by('bob'))).toEqual({ gate: approved, notify: 'success' });
  expect(() => decide(approved, by('eve'))).toThrow(GateRefused);
});

test('a repeated rejection tells the task again, if it is of the person who rejected', () => {
  const rejected = decide(decide(gate, by('ann')).gate, by('bob', { decision: 'reject' })).gate;
  expect(decide(rejected, by('bob', { decision: 'reject' }))).toEqual({ gate: rejected, notify: 'failure' });
  expect(() => decide(rejected, by('bob'))).toThrow(GateRefused);
  expect(() => decide(rejected, by('ann', { decision: 'reject' }))).toThrow(GateRefused);
});

test('opened anew it has the new token, and keeps approvals for the same evidence only', () => {
  const { status: _status, approvals: _approvals, ...again } = { ...gate, token: 'second-token' };
  const half = decide(gate, by('ann')).gate;
  expect(openedGate(half, again)).toMatchObject({ token: 'second-token', approvals: [{ by: 'ann' }], status: 'open' });
  expect(openedGate(half, { ...again, evidenceHash: 'other' }).approvals).toEqual([]);
  expect(openedGate({ ...half, status: 'expired' }, again).approvals).toEqual([]);
});

test('the hash of evidence does not depend on the order of its fields, only on what they say', () => {
  expect(contentHash({ a: 1, b: [{ c: null, d: 'x' }] })).toBe(contentHash({ b: [{ d: 'x', c: null }], a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: '1' }));
});
