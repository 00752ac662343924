import { Logger } from '@aws-lambda-powertools/logger';
import { expect, jest, test } from '@jest/globals';
import { LeaseExpired, OutcomeUnknown, UniqueTaken, WritesStopped } from '../../src/domain/errors.ts';
import { Lease, type ModeSnapshot } from '../../src/client/lease.ts';
import { type ClientLogger, createClientLogger, logFailedWrite } from '../../src/client/logger.ts';
import { ShadowComparisons } from '../../src/client/read/shadow-compare.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import { capturingLogger } from './capturing-logger.ts';

const SENTINEL = 'sentinel-of-a-row';

const mapping: Mapping = {
  catalogue: { tables: {}, fingerprint: '' },
  entities: {},
  patterns: {},
  revision: 0,
  carried: [],
};

/** Time that passes only when a test says so. */
function manualClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  return {
    now: () => new Date(now),
    monotonic: () => now,
    sleep: () => Promise.resolve(),
    pass: (ms) => void (now += ms),
  };
}

function snapshot(mode: 'off' | 'dual', epoch: number): ModeSnapshot {
  return { state: { mode, readPercent: 0, epoch, generation: 1, stoppedFrom: null, mappingRevision: 0 }, mapping };
}

test('a failed write is logged by what happened, without the text of the error', () => {
  const logger = capturingLogger();
  logFailedWrite(logger, new OutcomeUnknown({ operation: `INSERT ${SENTINEL}`, txn: 'uuid-1' }));
  logFailedWrite(logger, new LeaseExpired({ ageMs: 3000, leaseMs: 2000 }));
  logFailedWrite(logger, new WritesStopped({ mode: 'stopped' }));
  // The caller's own mistake: its error carries the value, and is not logged.
  logFailedWrite(logger, new UniqueTaken({ entity: 'USER', constraint: 'email', value: SENTINEL }));
  expect(logger.lines).toEqual([
    { level: 'error', message: 'outcome of a write is unknown', fields: { txn: 'uuid-1' } },
    { level: 'warn', message: 'write refused: the lease expired', fields: { ageMs: 3000, leaseMs: 2000 } },
    { level: 'warn', message: 'write refused in this mode', fields: { mode: 'stopped' } },
  ]);
  expect(JSON.stringify(logger.lines)).not.toContain(SENTINEL);
});

test('the lease logs a change of mode and a control table that cannot be read', async () => {
  const logger = capturingLogger();
  const clock = manualClock();
  const answers: (ModeSnapshot | Error)[] = [snapshot('off', 1), snapshot('dual', 2), new Error(SENTINEL)];
  const lease = new Lease(
    () => {
      const answer = answers.shift() ?? snapshot('dual', 2);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    2000,
    clock,
    logger,
  );
  await lease.start();
  lease.stop();
  expect(logger.lines).toEqual([]);
  clock.pass(2001);
  await lease.fresh();
  clock.pass(2001);
  await expect(lease.fresh()).rejects.toThrow(LeaseExpired);
  expect(logger.lines).toEqual([
    {
      level: 'info',
      message: 'mode changed',
      fields: { from: 'off', mode: 'dual', readPercent: 0, epoch: 2, generation: 1 },
    },
    { level: 'warn', message: 'mode could not be read', fields: { error: 'Error' } },
  ]);
  expect(JSON.stringify(logger.lines)).not.toContain(SENTINEL);
});

function read(text: string): () => Promise<string> {
  return () => Promise.resolve(text);
}

test('a comparison reports a lasting difference once, and an equal read not at all', async () => {
  const counts: number[] = [];
  const metrics = {
    count: (_name: string, value: number) => void counts.push(value),
    milliseconds: () => {},
    flush: () => Promise.resolve(),
  };
  const shadow = new ShadowComparisons(metrics, manualClock());
  const mismatch = jest.fn();
  shadow.compare(read(SENTINEL), read('other'), {}, mismatch);
  await shadow.settled();
  expect(mismatch.mock.calls).toEqual([[]]);
  shadow.compare(read('same'), read('same'), {}, mismatch);
  await shadow.settled();
  expect(mismatch).toHaveBeenCalledTimes(1);
  expect(counts).toEqual([1, 0]);
});

test('the default logger is silent below WARN, and a Powertools logger fits', () => {
  const level = process.env['POWERTOOLS_LOG_LEVEL'];
  delete process.env['POWERTOOLS_LOG_LEVEL'];
  try {
    const logger: ClientLogger = new Logger({ serviceName: 'application' });
    expect(logger).toBeInstanceOf(Logger);
    expect(createClientLogger()).toMatchObject({ level: 16 });
    process.env['POWERTOOLS_LOG_LEVEL'] = 'DEBUG';
    expect(createClientLogger()).toMatchObject({ level: 8 });
  } finally {
    if (level === undefined) delete process.env['POWERTOOLS_LOG_LEVEL'];
    else process.env['POWERTOOLS_LOG_LEVEL'] = level;
  }
});
