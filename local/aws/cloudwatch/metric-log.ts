import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { writeAtomic } from '../../process/write-atomic.ts';
import type { MetricName, Observation } from './metric-data.ts';

const recordSchema = z.object({
  metric: z.object({
    namespace: z.string(),
    name: z.string(),
    dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
  }),
  observation: z.object({
    at: z.number(),
    values: z.array(z.tuple([z.number(), z.number()])),
    summary: z.object({ count: z.number(), sum: z.number(), minimum: z.number(), maximum: z.number() }).optional(),
  }),
});

export interface MetricRecord {
  readonly metric: MetricName;
  readonly observation: Observation;
}

interface Series {
  readonly metric: MetricName;
  readonly observations: Observation[];
}

/** All observations, in memory and on disk; the oldest are forgotten past a bound. */
export class MetricLog {
  readonly #file: string;
  readonly #bound: number;
  readonly #series = new Map<string, Series>();
  #kept: MetricRecord[] = [];

  constructor(file: string, bound = 200_000) {
    this.#file = file;
    this.#bound = bound;
    mkdirSync(dirname(file), { recursive: true });
    this.#kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parse) : [];
    this.#compact();
  }

  add(records: readonly MetricRecord[]): void {
    if (records.length === 0) return;
    appendFileSync(this.#file, serialize(records));
    for (const record of records) {
      this.#kept.push(record);
      this.#index(record);
    }
    if (this.#kept.length > this.#bound * 1.5) this.#compact();
  }

  /** Observations of exactly this metric with `from <= at < to`. */
  between(metric: MetricName, from: number, to: number): readonly Observation[] {
    const observations = this.#series.get(idOf(metric))?.observations ?? [];
    return observations.filter(({ at }) => at >= from && at < to);
  }

  metrics(): readonly MetricName[] {
    return [...this.#series.values()].map(({ metric }) => metric);
  }

  #compact(): void {
    this.#kept = this.#kept.slice(-this.#bound);
    this.#series.clear();
    for (const record of this.#kept) this.#index(record);
    writeAtomic(this.#file, serialize(this.#kept));
  }

  #index(record: MetricRecord): void {
    const id = idOf(record.metric);
    const series = this.#series.get(id) ?? { metric: record.metric, observations: [] };
    series.observations.push(record.observation);
    this.#series.set(id, series);
  }
}

function idOf({ namespace, name, dimensions }: MetricName): string {
  const pairs = dimensions.map(({ Name, Value }) => [Name, Value]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, pairs]);
}

function serialize(records: readonly MetricRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** A line torn by a kill is skipped. */
function parse(line: string): MetricRecord[] {
  try {
    return [recordSchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
