/** Values observed since the last flush, one entry per observation; units as CloudWatch names them. */
export interface Metrics {
  count(name: string, value: number, dimensions?: Readonly<Record<string, string>>): void;
  milliseconds(name: string, value: number, dimensions?: Readonly<Record<string, string>>): void;
  flush(): Promise<void>;
}

export interface MetricQuery {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `SampleCount`, `Maximum`, `p99`, … */
  readonly statistic: string;
}

export interface MetricReader {
  /** One number per query over [from, to), null where there is no data: no data is never healthy. */
  read(queries: readonly MetricQuery[], from: Date, to: Date): Promise<readonly (number | null)[]>;
}
