import { hash } from 'node:crypto';
import { z } from 'zod';

/** What a run looks at. Only one that looks at everything may serve a gate. */
export const scope = z.object({
  /** Only this entity; null = all. */
  entity: z.string().nullable(),
  /** One row in so many; null = every row. */
  sample: z.number().int().min(2).max(10_000).nullable(),
});
export type Scope = z.infer<typeof scope>;

export const FULL: Scope = { entity: null, sample: null };

/** True where every row of every entity is looked at. */
export function isFull({ entity, sample }: Scope): boolean {
  return entity === null && sample === null;
}

/** Whether a run looks at an entity. */
export function covers({ entity }: Scope, name: string): boolean {
  return entity === null || entity === name;
}

/** Which of `sample` parts a run takes: another one each time, so that samples add up over the nights. */
export function sampleOffset(run: string, sample: number): number {
  return hash('sha256', run, 'buffer').readUInt32LE(0) % sample;
}

/** The scan segments of a sample: `wanted` segments of the whole, of which every `sample`th is read. */
export function segmentsOf(run: string, { sample }: Scope, wanted: number): { total: number; chosen: number[] } {
  if (sample === null) return { total: wanted, chosen: Array.from({ length: wanted }, (_, at) => at) };
  const groups = Math.ceil(wanted / sample);
  const draw = sampleOffset(run, sample);
  return { total: groups * sample, chosen: Array.from({ length: groups }, (_, at) => at * sample + draw) };
}
