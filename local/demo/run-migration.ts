import { setTimeout as sleep } from 'node:timers/promises';

import type { SFNClient } from '@aws-sdk/client-sfn';

import type { ControlTable } from '../../src/domain/ports/control.ts';
import { executionsOf, redrive, startMachine } from '../../src/operator/machines.ts';
import type { TrafficHandle } from '../traffic/fork-traffic.ts';
import { decide } from './gates.ts';
import type { OpenGate } from './gates.ts';
import { nameOf } from './output/progress-log.ts';
import type { Narrator } from './output/progress-log.ts';
import { count } from './output/format.ts';
import type { DemoOptions } from './options.ts';
import type { Screen } from './output/terminal.ts';
import type { Stopwatch } from './throughput.ts';
import { lookAt } from './poll-status.ts';
import type { View } from './poll-status.ts';

const LOOK_EVERY_MS = 600;
/** A gate that holds a stage for want of data asks again; more often than this means that no data will come. */
const MOST_HOLDS = 6;
const MOST_CONTINUATIONS = 3;

export interface Crossing {
  readonly view: View;
  readonly rolledBack: boolean;
}

export interface CrossingParts {
  readonly options: DemoOptions;
  readonly run: string;
  readonly control: ControlTable;
  readonly states: SFNClient;
  readonly traffic: TrafficHandle;
  readonly screen: Screen;
  readonly narrator: Narrator;
  readonly stopwatches: readonly Stopwatch[];
  readonly simulated: () => Date;
  readonly eachLook: () => void;
}

/** Runs the migration as its operator would: starts it, follows it, decides at gates, until it has ended or rolled back. */
export async function cross(parts: CrossingParts): Promise<Crossing> {
  const { states, control, screen, narrator, options, traffic } = parts;
  let execution = await begin(parts);
  let holds = 0;
  let continuations = 0;
  for (;;) {
    const view = await lookAt(control, states, execution);
    narrator.see(view);
    await Promise.all(parts.stopwatches.map((watch) => watch.look()));
    parts.eachLook();
    screen.status(statusLine(parts, view));

    const gate = view.gates[0];
    if (gate !== undefined) {
      if (isRecovery(gate)) {
        if (!options.recover) return { view, rolledBack: true };
        if (options.fault !== null) screen.say('fault', 'taken away');
        traffic.setFault(null);
      }
      holds += gate.gate === 'hold-stage' ? 1 : 0;
      if (holds > MOST_HOLDS) return { view, rolledBack: false };
      const approved = await decide(states, gate, options.yes, screen);
      if (!approved && isRecovery(gate)) return { view, rolledBack: true };
    } else if (view.execution.status !== 'RUNNING') {
      const recovered = view.recoveries.length > 0 && view.recoveries.every(({ status }) => status === 'closed');
      const unfinished = view.mode?.mode !== 'complete' || view.execution.status !== 'SUCCEEDED';
      if (!recovered || !unfinished || continuations >= MOST_CONTINUATIONS) return { view, rolledBack: false };
      continuations += 1;
      execution = await goOn(parts, execution, view.execution.status, continuations);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** A migration that is under way goes on by itself: Step Functions keeps its journal. */
async function begin({ states, run, screen, options }: CrossingParts): Promise<string> {
  const [last] = options.resume ? await executionsOf(states, 'migration') : [];
  if (last?.executionArn === undefined) {
    const name = `${run}-${Date.now().toString(36)}`;
    const started = await startMachine(states, 'migration', name, { run, note: 'npm run demo' });
    screen.say('migration', `started as run ${run}`);
    return started;
  }
  screen.say('migration', `found as it was: ${last.status ?? 'unknown'}`);
  return last.executionArn;
}

/** After a recovery: what failed is redriven, what ended well but early is started anew from the control table. */
async function goOn(
  { states, run, screen }: CrossingParts,
  execution: string,
  status: string,
  continuation: number,
): Promise<string> {
  if (status === 'FAILED') {
    screen.say('migration', 'redriven after the recovery');
    await redrive(states, execution);
    return execution;
  }
  const next = `${run}-${continuation + 1}`;
  screen.say('migration', `started anew after the recovery, as run ${next}`);
  return startMachine(states, 'migration', `${next}-${Date.now().toString(36)}`, { run: next, note: 'npm run demo' });
}

function isRecovery(gate: OpenGate): boolean {
  return gate.gate.startsWith('recover-');
}

function statusLine({ traffic, simulated, narrator }: CrossingParts, view: View): string {
  const stats = traffic.stats();
  const last = view.verifications.at(-1);
  return [
    simulated().toISOString().slice(0, 10),
    narrator.phases().find(({ status }) => status === 'running')?.phase ?? 'no phase',
    view.mode === null ? 'no mode' : nameOf(view.mode),
    stats === null ? 'no traffic' : `traffic ${count(stats.ok)} ok, ${count(stats.failed)} failed`,
    last === undefined
      ? 'nothing verified yet'
      : `last verification ${count(last.mismatches)} mismatches, ${count(last.unverified)} unverified`,
  ].join(' | ');
}
