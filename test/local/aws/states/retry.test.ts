import { expect, test } from '@jest/globals';
import { StateFailure } from '../../../../local/aws/states/model/failure.ts';
import { chooseRetry, matches } from '../../../../local/aws/states/engine/retry.ts';

const failure = new StateFailure('Flaky', '');
const delays = (retrier: object, random = () => 0.5) =>
  [0, 1, 2, 3].map((used) => chooseRetry([{ ErrorEquals: ['Flaky'], ...retrier }], failure, [used], random)?.delayMs);

test('The interval grows by the rate, up to the maximum, as often as is allowed', () => {
  expect(delays({})).toEqual([1000, 2000, 4000, undefined]);
  expect(delays({ IntervalSeconds: 10, BackoffRate: 1.5, MaxAttempts: 10 })).toEqual([10_000, 15_000, 22_500, 33_750]);
  expect(delays({ BackoffRate: 10, MaxDelaySeconds: 20, MaxAttempts: 10 })).toEqual([1000, 10_000, 20_000, 20_000]);
  expect(delays({ MaxAttempts: 0 })[0]).toBeUndefined();
});

test('Full jitter takes a part of the delay', () => {
  expect(delays({ JitterStrategy: 'FULL' })).toEqual([500, 1000, 2000, undefined]);
});

test('Wildcards match what AWS lets them match', () => {
  expect(matches(['States.ALL'], 'Anything')).toBe(true);
  expect(matches(['States.ALL'], 'States.Timeout')).toBe(true);
  expect(matches(['States.ALL'], 'States.DataLimitExceeded')).toBe(false);
  expect(matches(['States.DataLimitExceeded'], 'States.DataLimitExceeded')).toBe(true);
  expect(matches(['States.ALL', 'States.Runtime'], 'States.Runtime')).toBe(false);
  expect(matches(['States.TaskFailed'], 'Anything')).toBe(true);
  expect(matches(['States.TaskFailed'], 'States.Timeout')).toBe(false);
  expect(matches(['States.Timeout'], 'States.HeartbeatTimeout')).toBe(true);
});
