import { sendMetrics, type ServiceDatum } from '../cloudwatch/send-metrics.ts';

/** What Lambda measures of one invocation. */
interface Measured {
  readonly failed: boolean;
  readonly durationMs: number;
}

/** Real time for which invocations are collected before they are sent. */
const EVERY_MS = 500;

/** Sends Lambda's own metrics to CloudWatch, in batches. */
export class InvocationMetrics {
  readonly #endpoint: string;
  readonly #measured = new Map<string, Measured[]>();
  #timer: NodeJS.Timeout | null = null;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  measure(functionName: string, invocation: Measured): void {
    const before = this.#measured.get(functionName);
    if (before === undefined) this.#measured.set(functionName, [invocation]);
    else before.push(invocation);
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Sends what has been collected. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const MetricData = [...this.#measured].flatMap(([name, invocations]) => dataOf(name, invocations));
    this.#measured.clear();
    if (MetricData.length === 0) return;
    await sendMetrics(this.#endpoint, 'AWS/Lambda', MetricData);
  }
}

function dataOf(functionName: string, invocations: readonly Measured[]): readonly ServiceDatum[] {
  const Dimensions = [{ Name: 'FunctionName', Value: functionName }];
  const data = (MetricName: string, values: readonly number[]) => ({
    MetricName,
    Dimensions,
    // The most that one datum may have.
    Values: values.slice(0, 150),
  });
  return [
    data(
      'Invocations',
      invocations.map(() => 1),
    ),
    data(
      'Errors',
      invocations.map(({ failed }) => Number(failed)),
    ),
    data(
      'Duration',
      invocations.map(({ durationMs }) => durationMs),
    ),
  ];
}
