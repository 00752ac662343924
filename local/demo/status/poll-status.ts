import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import type { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';

import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';
import { openGates } from './open-gates.ts';
import type { OpenGate } from './open-gates.ts';

const phaseSchema = z.object({
  phase: z.string(),
  run: z.string(),
  status: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
export type PhaseView = z.infer<typeof phaseSchema>;

const tallySchema = z.object({
  source: z.number(),
  items: z.number(),
  matched: z.number(),
  mismatched: z.number(),
  missing: z.number(),
  extra: z.number(),
  unverified: z.number(),
  verdict: z.string(),
});
const verificationSchema = z.object({
  run: z.string(),
  kind: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  clean: z.boolean(),
  rowsCompared: z.number(),
  mismatches: z.number(),
  unverified: z.number(),
  entities: z.record(z.string(), tallySchema),
});
export type VerificationView = z.infer<typeof verificationSchema>;

const recoverySchema = z.object({
  run: z.string(),
  cause: z.string(),
  status: z.string(),
  error: z.string(),
  message: z.string(),
});
export type RecoveryView = z.infer<typeof recoverySchema>;

export interface ExecutionView {
  readonly status: string;
  readonly error: string | null;
  readonly cause: string | null;
}

/** Where the migration stands at one moment, by what it says itself in the control table and in Step Functions. */
export interface DemoStatus {
  readonly mode: ModeState | null;
  readonly phases: readonly PhaseView[];
  readonly gates: readonly OpenGate[];
  readonly verifications: readonly VerificationView[];
  readonly recoveries: readonly RecoveryView[];
  readonly execution: ExecutionView;
}

export async function pollStatus(control: ControlTable, states: SFNClient, executionArn: string): Promise<DemoStatus> {
  const [mode, phases, gates, verifications, recoveries, execution] = await Promise.all([
    control.mode().catch(() => null),
    control.list('PHASE'),
    openGates(control),
    control.list('VERIFICATION'),
    control.list('RECOVERY'),
    executionView(states, executionArn),
  ]);
  return {
    mode,
    phases: phases.flatMap(({ value }) => phaseSchema.safeParse(value).data ?? []),
    gates,
    verifications: verifications
      .flatMap(({ value }) => verificationSchema.safeParse(value).data ?? [])
      .sort((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1)),
    recoveries: recoveries.flatMap(({ value }) => recoverySchema.safeParse(value).data ?? []),
    execution,
  };
}

async function executionView(states: SFNClient, executionArn: string): Promise<ExecutionView> {
  const found = await states.send(new DescribeExecutionCommand({ executionArn }));
  return { status: found.status ?? 'UNKNOWN', error: found.error ?? null, cause: found.cause ?? null };
}
