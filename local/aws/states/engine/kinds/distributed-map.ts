import { randomUUID } from 'node:crypto';
import { executionArn, mapRunArn } from '../../model/arn.ts';
import { StateFailure } from '../../model/failure.ts';
import type { Frame } from '../../journal/frame.ts';
import { event } from '../../journal/history.ts';
import { withinLimit, type Json } from '../../model/json.ts';
import { isShutdown } from '../run/child-signal.ts';
import { itemsOf, selectItem } from './map-items.ts';
import type { MapRun } from '../run/map-run.ts';
import { demand, mayDo } from './permission.ts';
import { describe } from './run-child.ts';
import type { Run } from '../run/run.ts';
import type { MapState } from '../../definition/schema.ts';
import { evaluateNumber } from '../run/scope.ts';
import { runConcurrently } from './run-concurrently.ts';

/** Without MaxConcurrency AWS goes up to 10,000 children; here each holds a file and a socket, and more would only queue. */
const MOST_AT_ONCE = 200;

/** Runs one child execution per item; fails once more of them have failed than are tolerated. */
export async function runDistributedMap(run: Run, frame: Frame, state: MapState): Promise<Json> {
  const { mapRuns, clock } = run.services;
  const mapRun = await openMapRun(run, frame, state);
  const items = frame.items ?? [];
  const tolerated = toleratedFailures(mapRun);
  let failed = 0;
  try {
    const atOnce = Math.min(mapRun.maxConcurrency || MOST_AT_ONCE, MOST_AT_ONCE);
    const outputs = await runConcurrently(run, items.length, atOnce, async (inner, index) => {
      const { output, succeeded } = await runItem(inner, frame, state, mapRun, index, items[index] ?? null);
      if (!succeeded) failed += 1;
      if (failed > tolerated) {
        throw new StateFailure(
          'States.ExceedToleratedFailureThreshold',
          'The specified tolerated failure threshold was exceeded',
        );
      }
      return output;
    });
    const result = withinLimit(outputs, `result of the state '${frame.state}'`);
    run.step(frame.path, { events: [event('MapRunSucceeded'), event('MapStateSucceeded')] });
    mapRuns.end(mapRun.arn, 'SUCCEEDED', clock.now());
    return result;
  } catch (thrown) {
    if (isShutdown(run.signal)) throw thrown;
    if (thrown instanceof StateFailure && !run.signal.aborted) {
      const details = { error: thrown.error, cause: thrown.reason };
      run.step(frame.path, { events: [event('MapRunFailed', details)] });
    }
    mapRuns.end(mapRun.arn, run.signal.aborted ? 'ABORTED' : 'FAILED', clock.now());
    throw thrown;
  }
}

/** How many children may fail: the smaller of the limits that are set, none without one. */
function toleratedFailures({ toleratedFailureCount, toleratedFailurePercentage, total }: MapRun): number {
  const limits = [toleratedFailureCount, (toleratedFailurePercentage / 100) * total].filter((limit) => limit > 0);
  return limits.length > 0 ? Math.min(...limits) : 0;
}

async function openMapRun(run: Run, frame: Frame, state: MapState): Promise<MapRun> {
  const { mapRuns, clock } = run.services;
  const known = frame.mapRun === null ? undefined : mapRuns.get(frame.mapRun);
  if (known && !endedBeforeRedrive(run, known)) return known;
  if (known) {
    const redriven: MapRun = {
      ...known,
      status: 'RUNNING',
      stopDate: null,
      redriveCount: known.redriveCount + 1,
      redriveDate: clock.now(),
    };
    mapRuns.put(redriven);
    const details = { mapRunArn: known.arn, redriveCount: redriven.redriveCount };
    run.step(frame.path, { events: [event('MapRunRedriven', details)] });
    return redriven;
  }
  const items = await itemsOf(run, frame, state);
  const number = (field: string, value: number | string | undefined, max?: number): Promise<number | undefined> =>
    evaluateNumber(run, frame, field, value, { min: 0, integer: false, ...(max !== undefined && { max }) });
  const { arn: executionArn, machineArn } = run.state.start;
  const label = state.Label ?? frame.state.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 40);
  const mapRun: MapRun = {
    arn: mapRunArn(machineArn, label, randomUUID()),
    executionArn,
    machineArn,
    status: 'RUNNING',
    startDate: clock.now(),
    stopDate: null,
    total: items.length,
    maxConcurrency: (await number('MaxConcurrency', state.MaxConcurrency)) ?? 0,
    toleratedFailurePercentage:
      (await number('ToleratedFailurePercentage', state.ToleratedFailurePercentage, 100)) ?? 0,
    toleratedFailureCount: (await number('ToleratedFailureCount', state.ToleratedFailureCount)) ?? 0,
    redriveCount: 0,
    redriveDate: null,
  };
  mapRuns.put(mapRun);
  run.step(frame.path, {
    change: { items, mapRun: mapRun.arn },
    events: [event('MapStateStarted', { length: items.length }), event('MapRunStarted', { mapRunArn: mapRun.arn })],
  });
  return mapRun;
}

/** Only what had ended when the execution was redriven is redriven with it; a restart alone redrives nothing. */
function endedBeforeRedrive(run: Run, ended: { readonly status: string; readonly stopDate: number | null }): boolean {
  const { redriveDate } = run.state;
  if (ended.status === 'RUNNING' || ended.status === 'SUCCEEDED') return false;
  return redriveDate !== null && (ended.stopDate ?? 0) <= redriveDate;
}

interface ItemOutcome {
  readonly output: Json;
  readonly succeeded: boolean;
}

async function runItem(
  run: Run,
  frame: Frame,
  state: MapState,
  mapRun: MapRun,
  index: number,
  value: Json,
): Promise<ItemOutcome> {
  const { children } = run.services;
  const { label, id } = partsOf(mapRun);
  const { machineArn, revision, roleArn, arn: parentArn } = run.state.start;
  const name = `${id}-${index}`;
  const arn = executionArn(machineArn, name, label);
  const child = children.find(arn);
  if (!child) {
    const input = await selectItem(run, frame, state, index, value);
    run.signal.throwIfAborted();
    demand(run, 'states:StartExecution', machineArn);
    const map = { runArn: mapRun.arn, label, state: frame.state, revision, roleArn };
    children.start({ machineArn, name, input, parentArn, map });
  } else if (endedBeforeRedrive(run, child)) {
    demand(run, 'states:RedriveExecution', arn);
    children.redrive(arn);
  }
  const stop = (): void => {
    if (!isShutdown(run.signal) && mayDo(run, 'states:StopExecution', arn)) children.stop(arn);
  };
  run.signal.addEventListener('abort', stop, { once: true });
  try {
    demand(run, 'states:DescribeExecution', arn);
    const ended = await children.finished(arn);
    run.signal.throwIfAborted();
    const succeeded = ended.end.status === 'SUCCEEDED';
    // A child that failed and is tolerated stands in the result with what is known about it.
    return { succeeded, output: succeeded ? (ended.end.output ?? null) : describe(ended) };
  } finally {
    run.signal.removeEventListener('abort', stop);
  }
}

function partsOf(mapRun: MapRun): { label: string; id: string } {
  const [label = '', id = ''] = mapRun.arn.slice(mapRun.arn.lastIndexOf('/') + 1).split(':');
  return { label, id };
}
