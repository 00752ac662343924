import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { type Manifest, SIGN_IN_TRIGGER } from '../manifest.ts';
import { type AlarmPhase, type AlarmRule, silence, summed } from './rule.ts';

/** Cognito waits five seconds for its trigger. */
const TRIGGER_LIMIT_MS = 4000;
const HOUR = Duration.hours(1);

interface Place {
  readonly phase: AlarmPhase;
  readonly runbook: string;
}

const MACHINE_PLACES: Readonly<Record<string, Place>> = {
  auth: { phase: 'auth', runbook: 'auth' },
  'dual-write': { phase: 'dual-write', runbook: 'dual-write' },
  load: { phase: 'dual-write', runbook: 'dual-write' },
  verify: { phase: 'dual-write', runbook: 'verification' },
  nightly: { phase: 'dual-write', runbook: 'verification' },
  cutover: { phase: 'cutover', runbook: 'cutover' },
  decommission: { phase: 'decommission', runbook: 'decommission' },
  'delete-source': { phase: 'decommission', runbook: 'decommission' },
  drain: { phase: 'decommission', runbook: 'decommission' },
  'prove-backup': { phase: 'decommission', runbook: 'decommission' },
  'decide-gate': { phase: 'always', runbook: 'gates' },
  migration: { phase: 'always', runbook: 'README' },
  rollback: { phase: 'always', runbook: 'README' },
  'recover-data-loss': { phase: 'always', runbook: 'recover-data-loss' },
  'recover-with-remedy': { phase: 'always', runbook: 'recover-performance' },
  'remove-capture': { phase: 'always', runbook: 'remove-capture' },
};

const SCHEDULED_RUNBOOKS: Readonly<Record<string, string>> = { 'watch-schema': 'ddl' };

/** Alarms on executions that end badly, on functions that fail, and on whatever the clock starts and does not run. */
export function operationRules(
  manifest: Manifest,
  functions: ReadonlyMap<string, LambdaFunction>,
  machines: ReadonlyMap<string, StateMachine>,
): readonly AlarmRule[] {
  return [
    ...[...machines].flatMap(([name, machine]) => executionRules(name, machine)),
    ...manifest.functions.flatMap(({ name, schedule }) => {
      const lambda = functions.get(name);
      return schedule && lambda ? scheduledRules(name, lambda) : [];
    }),
    ...manifest.machineSchedules.flatMap(({ machine: name }) => {
      const machine = machines.get(name);
      return machine ? [nightRule(name, machine)] : [];
    }),
    ...triggerRules(functions.get(SIGN_IN_TRIGGER)),
  ];
}

function executionRules(name: string, machine: StateMachine): readonly AlarmRule[] {
  const place = MACHINE_PLACES[name];
  if (place === undefined)
    throw new Error(`infra/alarms/operation-rules.ts: no phase and runbook for the state machine ${name}; add them`);
  const ends = [
    ['failed', machine.metricFailed()],
    ['timed-out', machine.metricTimedOut()],
    ['aborted', machine.metricAborted()],
  ] as const;
  return ends.map(([end, metric]) => ({
    ...place,
    name: `${name}-${end}`,
    why: `An execution of ${name} ended as ${end}`,
    metric: summed(metric),
    limit: { above: 0 },
  }));
}

function scheduledRules(name: string, lambda: LambdaFunction): readonly AlarmRule[] {
  const place: Place = { phase: 'dual-write', runbook: SCHEDULED_RUNBOOKS[name] ?? 'dual-write' };
  return [
    {
      ...place,
      name: `${name}-errors`,
      why: `The function ${name} fails: look at its log`,
      metric: summed(lambda.metricErrors()),
      limit: { above: 0 },
    },
    silence(
      { ...place, name: `${name}-silent`, why: `The function ${name} did not run for 15 minutes` },
      lambda.metricInvocations(),
      Duration.minutes(5),
      3,
    ),
  ];
}

function nightRule(name: string, machine: StateMachine): AlarmRule {
  return silence(
    { name: `${name}-silent`, phase: 'dual-write', runbook: 'verification', why: `${name} did not start for 26 hours` },
    machine.metricStarted(),
    HOUR,
    26,
  );
}

/** A wrong password is an error of the function too, so that single errors say nothing. */
function triggerRules(lambda: LambdaFunction | undefined): readonly AlarmRule[] {
  if (lambda === undefined) return [];
  const place: Place = { phase: 'auth', runbook: 'auth' };
  return [
    {
      ...place,
      name: `${SIGN_IN_TRIGGER}-errors`,
      why: 'Sign-ins of users who are not in the pool yet fail: wrong passwords, or the trigger itself; look at its log',
      metric: summed(lambda.metricErrors()),
      limit: { above: 0 },
    },
    {
      ...place,
      name: `${SIGN_IN_TRIGGER}-duration`,
      why: 'The trigger needs almost the five seconds that Cognito waits',
      metric: lambda.metricDuration({ statistic: 'Maximum', period: Duration.minutes(5) }),
      limit: { above: TRIGGER_LIMIT_MS },
    },
  ];
}
