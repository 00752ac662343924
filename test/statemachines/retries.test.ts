import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readDefinitions } from '../../infra/definition.ts';
import { FAILURES, isThrottle, THROTTLES } from '../../src/adapters/sdk/translated.ts';
import { StatementFailed } from '../../src/adapters/postgres/connection/statement-failed.ts';
import * as errors from '../../src/domain/errors.ts';
import { statesOf } from './lint.ts';

const definitions = readDefinitions(join(import.meta.dirname, '../../statemachines'));

/** A Lambda function that did not run, or ended without an answer. */
const CALL_FAILED = [
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
];

/** Retryable errors that no Retry of every function lists, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  BacklogNotEmpty: 'only by checks that wait for the backlog, which list it',
  EvidenceInsufficient: 'the same verification is insufficient however often it is asked; a redrive verifies anew',
  LeaseExpired: "thrown by the application's client",
  NoData: 'missing data holds a stage; the state machine waits for more',
  VersionRefused: "thrown by the application's client",
  WritesStopped: "thrown by the application's client",
};

/** Names of the retryable errors. None of them is thrown with fields here, so the classes get none. */
const retryable = Object.entries(errors).flatMap(([name, value]) => {
  if (typeof value !== 'function' || !/^[A-Z]/.test(name) || name === 'PortageError') return [];
  return Reflect.construct(value, [new Proxy({}, { get: () => [] })]).retryable === true ? [name] : [];
});

const lists = [...definitions].flatMap(([machine, definition]) =>
  statesOf(definition).flatMap(({ name, state }) =>
    (state.Retry ?? []).map(({ ErrorEquals }) => ({ place: `${machine} ${name}`, names: new Set(ErrorEquals) })),
  ),
);
const ofFunctions = lists.filter(({ names }) => names.has('Lambda.Unknown'));

test('every Retry of a function has all that may pass by itself, and nothing else; that of RecordFailure only its own call', () => {
  const passing = [
    ...CALL_FAILED,
    ...THROTTLES,
    ...FAILURES,
    new StatementFailed('a deadlock', '40P01').name,
    ...retryable.filter((name) => !(name in ELSEWHERE)),
  ];
  const moved = ['EpochMoved', 'RecordChanged'];
  const allowed = [
    sorted(CALL_FAILED),
    sorted(passing.filter((name) => !moved.includes(name))),
    sorted(passing),
    sorted([...passing, 'BacklogNotEmpty']),
  ].map(String);
  expect(ofFunctions.length).toBeGreaterThan(80);
  for (const { place, names } of ofFunctions)
    expect([place, allowed.includes(String(sorted(names)))]).toEqual([place, true]);
  // RecordFailure throws the error that it was given: to retry it would only record it again.
  const bare = ofFunctions.filter(({ names }) => !names.has('Throttled')).map(({ place }) => place.split(' ')[1]);
  expect(new Set(bare)).toEqual(
    new Set(['RecordFailure', 'RecordPartFailure', 'RecordRangeFailure', 'RecordSegmentFailure']),
  );
});

test('what is listed elsewhere is retryable, and waited for where that is said', () => {
  expect(Object.keys(ELSEWHERE).filter((name) => !retryable.includes(name))).toEqual([]);
  expect(lists.filter(({ names }) => names.has('BacklogNotEmpty')).map(({ place }) => place)).toEqual([
    'decommission CheckGate',
    'dual-write CheckGate',
    'verify PlanVerification',
  ]);
});

test('no name of the SDK is also one that the domain calls terminal', () => {
  const terminal = Object.keys(errors).filter((name) => !retryable.includes(name));
  expect([...THROTTLES, ...FAILURES].filter((name) => terminal.includes(name))).toEqual([]);
  expect([...FAILURES].filter((name) => isThrottle(name))).toEqual([]);
});

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted();
}
