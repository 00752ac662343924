import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { REGION } from '../aws/account.ts';
import { startSchedules } from '../aws/scheduler/schedule.ts';
import type { SimulatedClock } from '../clock/clock.ts';
import { credentialsOf } from '../iam/principals.ts';
import type { DeployedPermission, DeployedRule, Deployment } from '../template/deployment.ts';

export interface RuleOptions {
  readonly deployment: Pick<Deployment, 'rules' | 'functions' | 'functionAliases' | 'machines' | 'permissions'>;
  /** Calls a function, or an alias, by its ARN. */
  readonly invoke: (arn: string, input: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** How many times faster than stated rules with a rate run. */
  readonly scale: number | 'off';
  /** Whether rules with a time of day run. */
  readonly daily: boolean;
  /** Of Step Functions. */
  readonly endpoint: string;
  readonly clock: SimulatedClock;
  readonly onError: (name: string, error: unknown) => void;
}

interface Scheduled {
  readonly schedule: string;
  readonly arn: string;
  readonly name: string;
  /** With which a machine is started. */
  readonly roleArn: string | null;
  readonly input: Readonly<Record<string, unknown>>;
}

const inputSchema = z.record(z.string(), z.unknown());

/**
 * Runs the template's rules: a function at a rate, in real time; a machine at a time of day of the simulated clock, where one jump over
 * several nights makes one start. Throws one line that names a rule that cannot run here.
 */
export function startRules(options: RuleOptions): { stop(): Promise<void> } {
  const { rules, functions, functionAliases, machines, permissions } = options.deployment;
  const scheduled = rules.filter(({ enabled }) => enabled).flatMap(scheduledTargets);
  const targets = new Map<string, 'function' | 'machine'>([
    ...[...functions, ...functionAliases].map(({ arn }) => [arn, 'function'] as const),
    ...machines.map(({ arn }) => [arn, 'machine'] as const),
  ]);
  const kindOf = ({ arn, name }: Scheduled): 'function' | 'machine' => {
    const kind = targets.get(arn);
    if (kind === undefined) throw new Error(`${name}: AWS::Events::Rule starts ${arn}, which is not in the template`);
    return kind;
  };
  for (const rule of rules)
    for (const { arn } of rule.targets)
      if (targets.get(arn) === 'function' && !permissions.some((one) => lets(one, rule, arn)))
        throw new Error(`${rule.logicalId}: AWS::Events::Rule may not invoke ${arn}: the template has no permission`);
  const rates = scheduled.filter((one) => kindOf(one) === 'function');
  const days = scheduled.filter((one) => kindOf(one) === 'machine');
  for (const day of days) nextDaily(day.schedule, 0);
  const schedules =
    options.scale === 'off'
      ? null
      : startSchedules({
          functions: rates.map(({ arn, schedule, input }) => ({ name: arn, rate: schedule, input })),
          invoke: options.invoke,
          scale: options.scale,
          onError: options.onError,
        });
  const daily = options.daily ? startDaily(days, options) : null;
  return {
    stop: async () => {
      // Not waited for: the relay watches for most of a minute, and what is under way ends with its host.
      void schedules?.stop();
      await daily?.stop();
    },
  };
}

function scheduledTargets({ logicalId, schedule, targets }: DeployedRule): readonly Scheduled[] {
  // There is no event bus here: rules by pattern are read, and not run.
  if (schedule === null) return [];
  return targets.map(({ arn, roleArn, input }) => {
    if (input.from !== 'constant')
      throw new Error(`${logicalId}: AWS::Events::Rule runs by the clock and has no constant Input`);
    return { schedule, arn, name: logicalId, roleArn, input: inputSchema.parse(JSON.parse(input.json)) };
  });
}

function lets({ functionArn, principal, sourceArn }: DeployedPermission, rule: DeployedRule, arn: string): boolean {
  return functionArn === arn && principal === 'events.amazonaws.com' && (sourceArn === null || sourceArn === rule.arn);
}

/** Milliseconds of the next daily time of a cron expression after `now`, in UTC; others than daily ones are refused. */
function nextDaily(cron: string, now: number): number {
  const [, minute, hour] = /^cron\((\d{1,2}) (\d{1,2}) \* \* \? \*\)$/.exec(cron) ?? [];
  if (minute === undefined || hour === undefined)
    throw new Error(`"${cron}" does not run locally: write "cron(minute hour * * ? *)" (infra/functions.json)`);
  const next = new Date(now);
  next.setUTCHours(Number(hour), Number(minute), 0, 0);
  if (next.getTime() <= now) next.setUTCDate(next.getUTCDate() + 1);
  return next.getTime();
}

function startDaily(days: readonly Scheduled[], { endpoint, clock, onError }: RuleOptions): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const loops = days.map(async ({ schedule, arn, name, roleArn, input }) => {
    const client = new SFNClient({ endpoint, region: REGION, credentials: credentialsOf(roleArn ?? name) });
    stopped.signal.addEventListener('abort', () => client.destroy());
    while (!stopped.signal.aborted) {
      await clock.reached(nextDaily(schedule, clock.now()), stopped.signal);
      const start = new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(input) });
      await client.send(start).catch((error: unknown) => onError(name, error));
    }
  });
  // Aborted waits end the loops by rejection.
  const ended = Promise.allSettled(loops);
  return {
    stop: async () => {
      stopped.abort();
      await ended;
    },
  };
}
