import { EvidenceMismatch, GateExpired, GateRefused } from '../errors.ts';
import type { GateName } from './names.ts';

export type GateStatus = 'open' | 'approved' | 'rejected' | 'expired';

export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** Control record kind GATE, id `<gate>#<run>`. `token` is a credential: it stays in the record. */
export interface Gate {
  readonly gate: GateName;
  readonly run: string;
  readonly status: GateStatus;
  readonly token: string;
  /** What was measured, as a person should see it. */
  readonly evidence: unknown;
  readonly evidenceHash: string;
  /** What follows on approval, step by step. */
  readonly steps: readonly string[];
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
}

export interface Decision {
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly evidenceHash: string;
  readonly now: string;
}

export interface Decided {
  readonly gate: Gate;
  /** What the waiting task is told: nothing while another person's approval is missing. */
  readonly tell: 'success' | 'failure' | 'nothing';
}

/**
 * A gate as it is opened anew on every entry: the token is a new one each time. Approvals already given hold for the same
 * evidence only.
 */
export function openedGate(before: Gate | null, gate: Omit<Gate, 'status' | 'approvals'>): Gate {
  const same =
    before?.status === 'open' && before.evidenceHash === gate.evidenceHash && before.expiresAt > gate.openedAt;
  return { ...gate, status: 'open', approvals: same ? before.approvals : [] };
}

/**
 * What a decision makes of a gate. It is taken once, on the evidence that was seen, before expiry, and by as many different
 * persons as needed (RACE-52). The same person's repetition of a decision that was taken tells the task again, and changes nothing:
 * the first telling may have been lost.
 */
export function decide(gate: Gate, { decision, by, evidenceHash, now }: Decision): Decided {
  if (evidenceHash !== gate.evidenceHash)
    throw new EvidenceMismatch({ gate: gate.gate, expected: gate.evidenceHash, found: evidenceHash });
  const decided = gate.approvals.some((approval) => approval.by === by);
  if (gate.status === 'approved' && decision === 'approve' && decided) return { gate, tell: 'success' };
  if (gate.status !== 'open') throw new GateRefused({ gate: gate.gate, reason: `it is ${gate.status} already` });
  if (gate.expiresAt <= now) throw new GateExpired({ gate: gate.gate, expiredAt: gate.expiresAt });
  if (decision === 'reject')
    return { gate: { ...gate, status: 'rejected', approvals: [...gate.approvals, { by, at: now }] }, tell: 'failure' };
  if (decided) {
    const reason = `${by} approved it before, and ${gate.approvalsNeeded} different persons are needed`;
    throw new GateRefused({ gate: gate.gate, reason });
  }
  const approvals = [...gate.approvals, { by, at: now }];
  if (approvals.length < gate.approvalsNeeded) return { gate: { ...gate, approvals }, tell: 'nothing' };
  return { gate: { ...gate, approvals, status: 'approved' }, tell: 'success' };
}

/** After approval, before anything is done on it: this very evidence, approved by enough different persons. */
export function assertApproved(gate: Gate | null, name: string, evidenceHash: string): void {
  const refuse = (reason: string): never => {
    throw new GateRefused({ gate: name, reason });
  };
  if (gate === null) return refuse('it was never opened');
  if (gate.status !== 'approved') return refuse(`it is ${gate.status}`);
  if (gate.evidenceHash !== evidenceHash)
    throw new EvidenceMismatch({ gate: name, expected: evidenceHash, found: gate.evidenceHash });
  if (new Set(gate.approvals.map(({ by }) => by)).size < gate.approvalsNeeded) refuse('approvals are missing');
}
