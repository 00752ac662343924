import { EvidenceMismatch, GateExpired, GateRefused } from '../errors.ts';
import type { GateName } from './names.ts';

export type GateStatus = 'open' | 'approved' | 'rejected' | 'expired';

export interface Approval {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly at: string;
}

/** Control record kind GATE, id `<gate>#<run>`. `token` is a credential: it stays in the record. */
export interface Gate {
  readonly gate: GateName;
  readonly run: string;
  readonly status: GateStatus;
  readonly token: string;
  /** The measurements shown to the person who decides. */
  readonly evidence: unknown;
  readonly evidenceHash: string;
  /** What happens after approval, step by step. */
  readonly steps: readonly string[];
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
}

export interface Decision {
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly reason?: string | undefined;
  readonly evidenceHash: string;
  readonly now: string;
}

export interface Decided {
  readonly gate: Gate;
  /** What to send to the waiting task; null while another person's approval is missing. */
  readonly notify: 'success' | 'failure' | 'nothing';
}

/**
 * The gate as opened on this entry, with a new token. Approvals already given are kept only if the gate is open, has not expired
 * and its evidence is the same.
 */
export function openedGate(before: Gate | null, gate: Omit<Gate, 'status' | 'approvals'>): Gate {
  const same =
    before?.status === 'open' && before.evidenceHash === gate.evidenceHash && before.expiresAt > gate.openedAt;
  return { ...gate, status: 'open', approvals: same ? before.approvals : [] };
}

/**
 * Applies a decision to a gate. A gate is decided once, on the evidence shown, before expiry, and by as many different persons as
 * needed (RACE-52). If a person repeats the decision that closed the gate, the gate stays unchanged and the task is notified again,
 * because the first notification may have been lost.
 */
export function decide(gate: Gate, { decision, by, reason, evidenceHash, now }: Decision): Decided {
  if (evidenceHash !== gate.evidenceHash)
    throw new EvidenceMismatch({ gate: gate.gate, expected: gate.evidenceHash, found: evidenceHash });
  const decided = gate.approvals.some((approval) => approval.by === by);
  if (gate.status === 'approved' && decision === 'approve' && decided) return { gate, notify: 'success' };
  if (gate.status === 'rejected' && decision === 'reject' && gate.approvals.at(-1)?.by === by)
    return { gate, notify: 'failure' };
  if (gate.status !== 'open') throw new GateRefused({ gate: gate.gate, reason: `it is ${gate.status} already` });
  if (gate.expiresAt <= now) throw new GateExpired({ gate: gate.gate, expiredAt: gate.expiresAt });
  const given: Approval = { by, at: now, ...(reason === undefined ? {} : { reason }) };
  if (decision === 'reject')
    return {
      gate: { ...gate, status: 'rejected', approvals: [...gate.approvals, given] },
      notify: 'failure',
    };
  if (decided) {
    const refusal = `${by} approved it before, and ${gate.approvalsNeeded} different persons are needed`;
    throw new GateRefused({ gate: gate.gate, reason: refusal });
  }
  const approvals = [...gate.approvals, given];
  if (approvals.length < gate.approvalsNeeded) return { gate: { ...gate, approvals }, notify: 'nothing' };
  return { gate: { ...gate, approvals, status: 'approved' }, notify: 'success' };
}

/** Throws unless the gate is approved, for this evidence, by enough different persons. Called before acting on an approval. */
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
