import { join } from 'node:path';
import { ApiError, noSuchExecution } from '../model/api-error.ts';
import { checkExecutionArn, checkName } from '../model/arn.ts';
import { createExecution, type Execution } from './execution.ts';
import { openExecutionIndex, placeOf, readExecution, readRecords, type ExecutionSummary } from './execution-index.ts';
import { event, shownInput, type HistoryEvent } from '../journal/history.ts';
import { mendJournal } from '../journal/journal.ts';
import { processorOf, type Machines } from './machines.ts';
import { begin, hasEnded, type EndedExecution, type ExecutionState } from '../journal/record.ts';
import { redrivability } from './redrive.ts';
import type { Children, Services, StartRequest } from './run/run.ts';
import type { Graph } from '../definition/schema.ts';

export type Executions = ReturnType<typeof openExecutions>;

/** All executions: those that run, in memory, and those that ended, in their journals. */
export function openExecutions(
  directory: string,
  machines: Machines,
  makeServices: (children: Children, isExecution: (arn: string) => boolean) => Services,
  onStatus: (execution: ExecutionSummary) => void = () => undefined,
) {
  const index = openExecutionIndex(directory);
  const running = new Map<string, Execution>();

  const summaryOf = (arn: string): ExecutionSummary => {
    const summary = index.get(checkExecutionArn(arn));
    if (!summary) throw noSuchExecution(arn);
    return summary;
  };
  const fileOf = (summary: ExecutionSummary): string => join(directory, 'executions', summary.file);
  const load = (arn: string): ExecutionState => running.get(arn)?.state ?? readExecution(fileOf(summaryOf(arn)));

  const graphOf = (state: ExecutionState): Graph => {
    const definition = machines.definitionOf(state.start.revision);
    if (state.start.mapState === null) return definition;
    const processor = processorOf(definition, state.start.mapState);
    if (!processor) throw new Error(`There is no Map state '${state.start.mapState}'`);
    return processor;
  };

  const open = (state: ExecutionState, summary: ExecutionSummary, fresh: boolean): Execution => {
    const execution = createExecution({
      state,
      graph: graphOf(state),
      file: fileOf(summary),
      fresh,
      services,
      onEnd: ({ start, end }) => {
        running.delete(start.arn);
        const latest = index.get(start.arn) ?? summary;
        const ended = { ...latest, status: end.status, stopDate: end.stopDate };
        index.put(ended);
        onStatus(ended);
        finishDeletion(start.machineArn);
      },
    });
    running.set(summary.arn, execution);
    return execution;
  };

  const isRunning = (machineArn: string): boolean =>
    [...running.values()].some(({ state }) => state.start.machineArn === machineArn);
  const finishDeletion = (machineArn: string): void => {
    const machine = machines.values().find(({ arn }) => arn === machineArn);
    if (machine?.status === 'DELETING' && !isRunning(machineArn)) machines.delete(machineArn, false);
  };

  /** Starts an execution; the same name with the same input while it runs is the same execution. */
  const start = ({ machineArn: asked, name, input, parentArn, map }: StartRequest): ExecutionSummary => {
    const { machine, versionArn, ...newest } = machines.started(asked);
    const { revision, roleArn } = map ?? newest;
    const machineArn = machine.arn;
    if (!map && machine.status === 'DELETING') {
      throw new ApiError('StateMachineDeleting', `State Machine is deleting: '${machineArn}'`);
    }
    const { arn, file } = placeOf(machineArn, checkName(name), map?.label);
    const known = index.get(arn);
    if (known) {
      const same = running.get(arn)?.state.start.input;
      if (same !== undefined && JSON.stringify(same) === JSON.stringify(input)) return known;
      throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const startDate = services.clock.now();
    const state = begin({
      arn,
      name,
      machineArn,
      versionArn,
      revision,
      mapState: map?.state ?? null,
      mapRunArn: map?.runArn ?? null,
      roleArn,
      input,
      startDate,
    });
    const summary: ExecutionSummary = {
      arn,
      machineArn,
      versionArn,
      name,
      file,
      status: 'RUNNING',
      startDate,
      stopDate: null,
      redriveCount: 0,
      redriveDate: null,
      mapRunArn: map?.runArn ?? null,
      parentArn: parentArn ?? null,
    };
    const execution = open(state, summary, true);
    const details = { ...shownInput(input), roleArn };
    execution.record((events) => ({
      kind: 'start',
      start: state.start,
      events: events([event('ExecutionStarted', details)]),
    }));
    index.put(summary);
    onStatus(summary);
    execution.launch();
    return summary;
  };

  /** Continues an execution that did not succeed from where it failed, with fresh timeouts and retry counters. */
  const redrive = (arn: string): ExecutionSummary => {
    const summary = summaryOf(arn);
    mendJournal(fileOf(summary));
    const state = readExecution(fileOf(summary));
    const count = state.redriveCount + 1;
    const date = services.clock.now();
    const redriven: ExecutionSummary = {
      ...summary,
      status: 'RUNNING',
      stopDate: null,
      redriveCount: count,
      redriveDate: date,
    };
    // The index first: a crash before the journal's record leaves an execution that has ended, which a restart puts right.
    index.put(redriven);
    const execution = open(state, redriven, false);
    execution.record((events) => ({
      kind: 'redrive',
      count,
      date,
      events: events([event('ExecutionRedriven', { redriveCount: count })]),
    }));
    execution.launch();
    return redriven;
  };

  const stop = (arn: string, error?: string, cause?: string): void => running.get(arn)?.stop({ error, cause });

  const finished = async (arn: string): Promise<EndedExecution> => {
    const execution = running.get(arn);
    if (execution) return execution.finished;
    const state = load(arn);
    if (hasEnded(state)) return state;
    throw new Error(`The execution ${arn} is neither running nor ended`);
  };

  const services = makeServices(
    {
      start,
      find: (arn) => index.get(arn),
      redrivable: (arn) => {
        const summary = index.get(arn);
        return summary !== undefined && redrivability(summary, load(arn).lastEventId, services.clock.now()).redrivable;
      },
      redrive,
      stop,
      finished,
    },
    (arn) => index.get(arn) !== undefined,
  );

  return {
    start,
    stop,
    redrive,
    load,
    isRunning,
    summaryOf,
    summaries: (): ExecutionSummary[] => [...index.values()],
    tokens: services.tokens,
    history: (arn: string): HistoryEvent[] => readRecords(fileOf(summaryOf(arn))).flatMap(({ events }) => events),
    /** Goes on with everything that was running when the last process ended, in whatever way it ended. */
    resume: (): void => {
      const unfinished = [...index.values()].filter(({ status }) => status === 'RUNNING');
      for (const summary of unfinished) {
        mendJournal(fileOf(summary));
        const state = readExecution(fileOf(summary));
        if (hasEnded(state)) index.put({ ...summary, status: state.end.status, stopDate: state.end.stopDate });
        else open(state, summary, false);
      }
      const left = Array.from(running.values());
      for (const execution of left) {
        const parent = index.get(execution.state.start.arn)?.parentArn;
        const orphan = parent && index.get(parent)?.status !== 'RUNNING';
        if (orphan) execution.stop({ cause: 'The execution that waited for this one has ended' });
        else execution.launch();
      }
    },
    close: async (): Promise<void> => {
      await Promise.all([...running.values()].map((execution) => execution.shutdown()));
      index.close();
    },
  };
}
