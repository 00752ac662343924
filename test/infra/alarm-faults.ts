import { readDefinitions } from '../../infra/definition.ts';
import { join } from 'node:path';

const machines = [...readDefinitions(join(import.meta.dirname, '../../statemachines')).keys()];
const ENDS = { failed: 'a task of it fails', 'timed-out': 'it exceeds its timeout', aborted: 'it is stopped' };

/** Which fault each alarm is for, by the alarm's name without the plan's. Those of executions follow from the machines. */
export const ALARM_FAULTS: Readonly<Record<string, string>> = {
  mismatches: 'items are changed behind the migration, and a full verification runs',
  unverified: 'rows change all the time while a verification reads them',
  'large-items': 'a row becomes an item over the limit, and a full verification runs',
  'search-capacity': 'a search filters a partition of large items',
  parked: 'the relay meets a row that maps to no valid item',
  missed: 'the trigger of capture cannot write its changelog',
  schema: 'a mapped column is dropped',
  'old-intents': 'a client dies between intent and commit, and the sweeper cannot reach the source',
  backlog: 'writers outrun a relay that is stopped',
  'backlog-age': 'the relay is stopped while one write waits',
  'gate-waiting': 'a gate is open for longer than an hour',
  'uncovered-users': 'a legacy user is missing in the pool when coverage is measured',
  'write-errors': 'the source refuses writes',
  'dynamodb-errors': 'DynamoDB answers 5xx to reads of the client',
  'dynamodb-latency': 'DynamoDB answers reads late',
  spend: 'a load writes more than the configured dollars a day',
  ...perIndex('read-throttles', 'DynamoDB throttles reads'),
  ...perIndex('write-throttles', 'DynamoDB throttles writes'),
  ...perIndex('read-heat', 'DynamoDB throttles reads of one partition'),
  ...perIndex('write-heat', 'DynamoDB throttles writes of one partition'),
  ...Object.fromEntries(
    machines.flatMap((name) => Object.entries(ENDS).map(([end, fault]) => [`${name}-${end}`, fault])),
  ),
  ...Object.fromEntries(
    ['relay', 'sweep', 'watch-schema'].flatMap((name) => [
      [`${name}-errors`, 'the source does not answer'],
      [`${name}-silent`, 'its schedule is disabled'],
    ]),
  ),
  'nightly-silent': 'its schedule is disabled for 26 hours',
  'migrate-user-errors': 'the legacy table does not answer at a sign-in',
  'migrate-user-duration': 'the legacy table answers a sign-in after more than four seconds',
};

function perIndex(name: string, fault: string): Readonly<Record<string, string>> {
  return Object.fromEntries(['', '-GSI1', '-GSI2'].map((suffix) => [`${name}${suffix}`, fault]));
}
