import { GateRefused } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Executions } from '../ports/executions.ts';
import { assertApproved, decide, type Decision, type Gate, openedGate } from './gate.ts';
import { contentHash } from '../content-hash.ts';
import { GATE_RULES, type GateName } from './names.ts';

const KIND = 'GATE';

/**
 * Opens a gate, or reopens it with the task token of this entry.
 *
 * @param input `expiresInSeconds` counts from `now`, an ISO time; `evidence` is stored and hashed
 * @returns the gate as recorded
 * @throws RecordChanged if another process changed the gate's record meanwhile
 */
export async function openGate(
  control: ControlTable,
  input: {
    readonly gate: GateName;
    readonly run: string;
    readonly token: string;
    readonly evidence: unknown;
    readonly expiresInSeconds: number;
    readonly now: string;
  },
): Promise<Gate> {
  const id = `${input.gate}#${input.run}`;
  const before = await control.read<Gate>(KIND, id);
  const rule = GATE_RULES[input.gate];
  const gate = openedGate(before?.value ?? null, {
    gate: input.gate,
    run: input.run,
    token: input.token,
    evidence: input.evidence,
    evidenceHash: contentHash(input.evidence),
    steps: rule.steps,
    openedAt: input.now,
    expiresAt: new Date(Date.parse(input.now) + input.expiresInSeconds * 1000).toISOString(),
    approvalsNeeded: rule.approvals,
  });
  await control.write(KIND, id, gate, before?.revision ?? 0);
  return gate;
}

/** The gate that a decision is on. What is left out is taken from the only gate that is open. */
export interface Choice {
  readonly gate?: GateName | undefined;
  readonly run?: string | undefined;
  readonly evidenceHash?: string | undefined;
}

/**
 * @throws GateRefused if the gate is not named, or not the evidence, and not exactly one gate is open
 */
async function chooseGate(
  control: ControlTable,
  { gate, run, evidenceHash }: Choice,
): Promise<{ readonly gate: GateName; readonly run: string; readonly evidenceHash: string }> {
  if (gate !== undefined && run !== undefined && evidenceHash !== undefined) return { gate, run, evidenceHash };
  const gates = (await control.list<Gate>(KIND)).map(({ value }) => value);
  const open = gates.filter(({ status }) => status === 'open');
  const [only] = open.length === 1 ? open : [];
  const fits = (one: Gate): boolean =>
    (gate === undefined || one.gate === gate) &&
    (run === undefined || one.run === run) &&
    (evidenceHash === undefined || one.evidenceHash === evidenceHash);
  // Evidence belongs to one gate, also to one that is decided: a repeated decision is told again.
  const named = gate === undefined || evidenceHash === undefined ? undefined : gates.find(fits);
  const found = only !== undefined && fits(only) ? only : named;
  if (found !== undefined) return found;
  const list = open.map((one) => `${one.gate} of run ${one.run} on evidence ${one.evidenceHash}`).join(', ');
  throw new GateRefused({
    gate: gate ?? 'to decide',
    reason: open.length === 0 ? 'no gate is open' : `say which one, and its evidence; open are ${list}`,
  });
}

/**
 * Decides a gate: records the decision with a conditional write, then completes the waiting task.
 *
 * @returns the gate without its token and evidence
 * @throws GateRefused if the gate is not open, the same person approves twice, or the waiting execution is gone
 * @throws EvidenceMismatch if the decision was made on other evidence
 * @throws GateExpired if the gate expired before the decision
 * @throws RecordChanged if another process changed the gate's record meanwhile
 */
export async function decideGate(
  control: ControlTable,
  executions: Pick<Executions, 'succeed' | 'fail'>,
  input: Omit<Decision, 'evidenceHash'> & Choice,
): Promise<Omit<Gate, 'token' | 'evidence'>> {
  const chosen = await chooseGate(control, input);
  const id = `${chosen.gate}#${chosen.run}`;
  const found = await control.read<Gate>(KIND, id);
  if (found === null) throw new GateRefused({ gate: chosen.gate, reason: `it is not open in run ${chosen.run}` });
  const { gate, notify } = decide(found.value, { ...input, evidenceHash: chosen.evidenceHash });
  if (gate !== found.value) await control.write(KIND, id, gate, found.revision);
  const delivered = await sendDecision(executions, gate, notify, input);
  // The decision is recorded but no execution waits for it: a rerun reopens the gate with a new token.
  if (delivered === 'closed' && gate !== found.value)
    throw new GateRefused({ gate: chosen.gate, reason: 'the execution that waited for it is gone' });
  const { token: _token, evidence: _evidence, ...shown } = gate;
  return shown;
}

/** How long the gate that has been open longest waits at `at`, an ISO time; 0 where none is open. */
export async function longestOpenSeconds(control: Pick<ControlTable, 'list'>, at: string): Promise<number> {
  const open = (await control.list<Gate>(KIND)).filter(({ value }) => value.status === 'open' && value.expiresAt > at);
  return Math.max(0, ...open.map(({ value }) => (Date.parse(at) - Date.parse(value.openedAt)) / 1000));
}

/** Expires the gates that an ended execution left open: no task waits for their decision. */
export async function expireGates(control: ControlTable): Promise<void> {
  const open = (await control.list<Gate>(KIND)).filter(({ value }) => value.status === 'open');
  for (const { id } of open) {
    const found = await control.read<Gate>(KIND, id);
    if (found?.value.status === 'open')
      await control.write(KIND, id, { ...found.value, status: 'expired' }, found.revision);
  }
}

/** The approvals of a gate. Throws unless enough persons approved this evidence. */
export async function approvedGate(
  control: ControlTable,
  gate: GateName,
  run: string,
  evidence: unknown,
): Promise<readonly { readonly by: string; readonly at: string }[]> {
  const found = await control.read<Gate>(KIND, `${gate}#${run}`);
  assertApproved(found?.value ?? null, gate, contentHash(evidence));
  return found?.value.approvals ?? [];
}

async function sendDecision(
  executions: Pick<Executions, 'succeed' | 'fail'>,
  gate: Gate,
  notify: string,
  { by, reason }: { readonly by: string; readonly reason?: string | undefined },
): Promise<'sent' | 'closed'> {
  if (notify === 'nothing') return 'sent';
  if (notify === 'success')
    return executions.succeed(gate.token, {
      gate: gate.gate,
      approvals: gate.approvals,
      evidenceHash: gate.evidenceHash,
    });
  return executions.fail(
    gate.token,
    'GateRejected',
    `gate ${gate.gate} was rejected by ${by}${reason === undefined ? '' : `: ${reason}`}`,
  );
}
