import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { writeAtomic } from '../../process/write-atomic.ts';
import type { AlarmState, DeployedAlarm } from '../../template/deployment.ts';
import { ACCOUNT } from '../account.ts';
import { type Alarm, alarmOf, type ReadMetric } from './alarm.ts';
import type { MetricName } from './metric-data.ts';

/** A change of an alarm's state, for those whom its actions name. */
export interface AlarmChange {
  readonly alarm: DeployedAlarm;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly at: number;
}

export interface AlarmsOptions {
  readonly alarms: readonly DeployedAlarm[];
  /** Keeps the states across a restart. */
  readonly file: string;
  readonly read: ReadMetric;
  readonly now: () => number;
  readonly onChange: (change: AlarmChange) => void;
  readonly onError: (error: unknown) => void;
}

const stateSchema = z.object({
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  reason: z.string(),
  at: z.number(),
});
type Status = z.infer<typeof stateSchema>;

export interface DescribedAlarm extends Status {
  readonly alarm: DeployedAlarm;
}

/** Real time between two evaluations of all alarms: periods end although nothing arrives. */
const EVERY_MS = 1_000;

/** Evaluates alarms whenever a value of theirs arrives, and once a second of real time. */
export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #alarms: readonly Alarm[];
  readonly #status: Map<string, Status>;
  readonly #timer: NodeJS.Timeout;
  /** One evaluation at a time, so that changes are told in their order. */
  #evaluating: Promise<void> = Promise.resolve();

  /** Throws one line that names an alarm that does not run here. */
  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.#alarms = options.alarms.map(alarmOf);
    this.#status = new Map(existsSync(options.file) ? Object.entries(readStates(options.file)) : []);
    this.#timer = setInterval(() => this.evaluate(), EVERY_MS);
  }

  /** Evaluates the alarms on these metrics, or all. */
  evaluate(changed?: readonly MetricName[]): void {
    const names = changed === undefined ? null : new Set(changed.map(({ namespace, name }) => `${namespace} ${name}`));
    const due = this.#alarms.filter(
      ({ metrics }) => names === null || metrics.some(({ namespace, name }) => names.has(`${namespace} ${name}`)),
    );
    if (due.length === 0) return;
    const now = this.#options.now();
    this.#evaluating = this.#evaluating.then(() => this.#evaluate(due, now)).catch(this.#options.onError);
  }

  describe(): readonly DescribedAlarm[] {
    return this.#alarms.map(({ deployed: alarm }) => ({ alarm, ...this.#of(alarm.name) }));
  }

  /** Waits until all that has arrived is evaluated. */
  settled(): Promise<void> {
    return this.#evaluating;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#evaluating;
  }

  async #evaluate(alarms: readonly Alarm[], now: number): Promise<void> {
    for (const alarm of alarms) {
      const { deployed } = alarm;
      const before = this.#of(deployed.name);
      // A value that has just arrived belongs to the period.
      const { state, reason } = await alarm.evaluate(this.#options.read, now + 1, before.state);
      if (state === before.state && this.#status.has(deployed.name)) continue;
      this.#status.set(deployed.name, { state, reason, at: now });
      writeAtomic(this.#options.file, JSON.stringify(Object.fromEntries(this.#status)));
      if (state !== before.state)
        this.#options.onChange({ alarm: deployed, from: before.state, to: state, reason, at: now });
    }
  }

  #of(name: string): Status {
    return this.#status.get(name) ?? { state: 'INSUFFICIENT_DATA', reason: 'Not evaluated yet.', at: 0 };
  }
}

/** What an alarm publishes to a topic, as CloudWatch writes it. */
export function alarmMessage({ alarm, from, to, reason, at }: AlarmChange): {
  readonly subject: string;
  readonly message: string;
} {
  return {
    subject: `${to}: "${alarm.name}" in US East (N. Virginia)`,
    message: JSON.stringify({
      AlarmName: alarm.name,
      AlarmDescription: alarm.description,
      AWSAccountId: ACCOUNT,
      NewStateValue: to,
      NewStateReason: reason,
      StateChangeTime: new Date(at).toISOString(),
      Region: 'US East (N. Virginia)',
      AlarmArn: alarm.arn,
      OldStateValue: from,
    }),
  };
}

function readStates(file: string): Record<string, Status> {
  return z
    .record(z.string(), stateSchema)
    .catch({})
    .parse(JSON.parse(readFileSync(file, 'utf8')));
}
