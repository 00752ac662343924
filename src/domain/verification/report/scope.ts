import { hash } from 'node:crypto';
import * as z from 'zod';

/** What a run checks. Only a full run may serve a gate. */
export const scope = z.object({
  /** Only this entity; null = all. */
  entity: z.string().nullable(),
  /** One row in so many; null = every row. */
  sample: z.number().int().min(2).max(10_000).nullable(),
});
export type Scope = z.infer<typeof scope>;

export const FULL: Scope = { entity: null, sample: null };

/** True where every row of every entity is checked. */
export function isFull({ entity, sample }: Scope): boolean {
  return entity === null && sample === null;
}

/** Whether a run checks an entity. */
export function covers({ entity }: Scope, name: string): boolean {
  return entity === null || entity === name;
}

/** Which of `sample` parts a run takes. Derived from the run's name, so that nightly samples cover different parts. */
export function sampleOffset(run: string, sample: number): number {
  return hash('sha256', run, 'buffer').readUInt32LE(0) % sample;
}

/** The scan segments of a run: of at least `segments` segments of the table, a sample reads every `sample`th. */
export function segmentsOf(run: string, { sample }: Scope, segments: number): { total: number; chosen: number[] } {
  if (sample === null) return { total: segments, chosen: Array.from({ length: segments }, (_, at) => at) };
  const groups = Math.ceil(segments / sample);
  const offset = sampleOffset(run, sample);
  return { total: groups * sample, chosen: Array.from({ length: groups }, (_, at) => at * sample + offset) };
}
