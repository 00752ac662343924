import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { ALARM_PHASES } from '../../infra/alarms/rule.ts';
import { readConfiguration } from '../../infra/configuration.ts';
import { readManifest } from '../../infra/manifest.ts';
import type { DeployedAlarm, Deployment } from '../../local/template/deployment.ts';
import { localConfiguration } from '../../local/template/local-configuration.ts';
import { readAssembly } from '../../local/template/read-assembly.ts';
import { synthesise } from '../../local/template/synthesise.ts';

const root = join(import.meta.dirname, '../..');
const input = localConfiguration(join(root, 'examples', 'campaigns', 'plan.json'));
const { plan } = readConfiguration(input, root);
const PREFIX = 'portage-campaigns-';

let deployment: Deployment;
let alarms: ReadonlyMap<string, DeployedAlarm>;

beforeAll(async () => {
  const [only] = readAssembly(await synthesise(input));
  if (only === undefined) throw new Error('the assembly has no stack');
  deployment = only;
  alarms = new Map(only.alarms.map((alarm) => [alarm.name.replace(PREFIX, ''), alarm]));
}, 300_000);

/** What an alarm compares with its threshold, and the parts of it. */
function metricsOf(alarm: DeployedAlarm | undefined) {
  return (alarm?.queries ?? []).flatMap((query) => ('metric' in query ? [query.metric] : []));
}

test.each([
  ['mismatches', 'MismatchPercent', plan.window.alarmPercent],
  ['unverified', 'Unverified', 0],
  ['large-items', 'ItemsOverAlarm', 0],
  ['search-capacity', 'SearchCapacity', plan.search.maxRcuPerSearch],
  ['write-errors', 'WriteErrors', plan.cutover.maxErrorRate * 100],
  ['spend', 'SpendDollars', 100],
  ['write-heat-GSI1', 'WriteKeyRangeThroughputThrottleEvents', 0],
  ['migrate-user-duration', 'Duration', 4000],
])('the alarm %s watches %s above %d and tells the topic', (name, metric, threshold) => {
  const alarm = alarms.get(name);
  expect(metricsOf(alarm).map((one) => one.name)).toContain(metric);
  expect(alarm).toMatchObject({ threshold, comparison: 'GreaterThanThreshold' });
  const topic = deployment.topics.map(({ arn }) => arn);
  expect(alarm?.actions).toMatchObject({ ALARM: topic, OK: topic });
});

test('every machine has an alarm for each way in which an execution ends badly', () => {
  const ends = ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'];
  for (const { name, arn } of deployment.machines) {
    const watched = [...alarms.values()]
      .flatMap(metricsOf)
      .filter(({ dimensions }) => dimensions.some(({ Value }) => Value === arn));
    expect({ name, ends: watched.map((metric) => metric.name) }).toEqual({ name, ends: expect.arrayContaining(ends) });
  }
});

test('whatever the clock starts has an alarm that sounds when it does not run', () => {
  const { functions, machineSchedules } = readManifest(join(root, 'infra', 'functions.json'));
  const scheduled = [
    ...functions.filter(({ schedule }) => schedule !== undefined).map(({ name }) => name),
    ...machineSchedules.map(({ machine }) => machine),
  ];
  expect(scheduled.length).toBeGreaterThan(3);
  for (const name of scheduled)
    expect(alarms.get(`${name}-silent`)).toMatchObject({
      comparison: 'LessThanThreshold',
      threshold: 1,
      missingData: 'breaching',
    });
});

test('every alarm names a runbook that exists', () => {
  for (const { name, description } of [...deployment.alarms, ...deployment.compositeAlarms]) {
    const runbook = /runbooks\/[\w-]+\.md$/.exec(description)?.[0] ?? 'none';
    expect({ name, runbook, exists: existsSync(join(root, runbook)) }).toEqual({ name, runbook, exists: true });
  }
});

test('every alarm is a part of the composite of some phase', () => {
  expect(deployment.compositeAlarms.map(({ name }) => name).toSorted()).toEqual(
    ALARM_PHASES.map((phase) => `${PREFIX}phase-${phase}`).toSorted(),
  );
  const rules = deployment.compositeAlarms.map(({ rule }) => rule).join('\n');
  for (const { name, arn } of deployment.alarms)
    expect({ name, composed: rules.includes(`"${arn}"`) }).toEqual({ name, composed: true });
});

test('executions that fail, time out or are aborted reach the topic by an event, for every machine', () => {
  const [rule] = deployment.rules.filter(({ eventPattern }) => eventPattern !== null);
  expect(rule?.eventPattern).toEqual({
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: {
      status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      stateMachineArn: deployment.machines.map(({ arn }) => arn),
    },
  });
  expect(rule?.targets.map(({ arn }) => arn)).toEqual(deployment.topics.map(({ arn }) => arn));
  const policies = [
    ...deployment.resourcePolicies.map(({ document }) => document),
    ...deployment.keys.map(({ policy }) => policy),
  ];
  const allowed = policies
    .flatMap(({ Statement }) => Statement)
    .filter(({ Principal }) => JSON.stringify(Principal ?? null).includes('events.amazonaws.com'));
  const actions = allowed.flatMap(({ Action }) => Action ?? []);
  expect(actions).toEqual(expect.arrayContaining(['sns:Publish', 'kms:Decrypt']));
});

test('alarms watch metrics by the names and dimensions with which the code sends them', () => {
  const sent = sentMetrics();
  const watched = [...alarms.values()].flatMap(metricsOf).filter(({ namespace }) => namespace === 'Portage');
  expect(watched.length).toBeGreaterThan(12);
  for (const { name, dimensions } of watched)
    expect({ name, dimensions, sent: [...(sent.get(name) ?? [])] }).toEqual({
      name,
      dimensions,
      sent: expect.arrayContaining([dimensions.map(({ Name }) => Name).join()]),
    });
});

test('a configuration that tells nobody is refused', () => {
  expect(() => readConfiguration({ ...input, notifyEmails: [] }, root)).toThrow(
    'context.portage.notifyEmails: must name an address that hears of open gates and alarms',
  );
});

/** Dimensions, joined by commas, of each metric that the sources send; a variable named `dimensions` is the reader's store. */
function sentMetrics(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const part of ['src', 'handlers'])
    for (const file of readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts'))
        for (const [, name = '', rest = ''] of readFileSync(join(root, part, file), 'utf8').matchAll(
          /metrics\.(?:count|milliseconds)\('(\w+)',([^;]*?)\);/g,
        )) {
          const keys = /\{ (\w+)[:,]/.exec(rest)?.[1] ?? (rest.endsWith(', dimensions') ? 'Store' : '');
          found.set(name, (found.get(name) ?? new Set()).add(keys));
        }
  return found;
}
