import * as z from 'zod';
import { answerOf } from '../live-memory.ts';

export interface MemoryFigure {
  readonly rows: number;
  readonly findings: number;
  readonly peakMb: number;
  readonly seconds: number;
}

const figure = z.object({ rows: z.number(), findings: z.number(), peakMb: z.number(), seconds: z.number() });

/** Each size in a process of its own, one after the other. */
export async function measureMemory(sizes: readonly number[]): Promise<readonly MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  for (const rows of sizes)
    figures.push(figure.parse(await answerOf(new URL('memory-process.ts', import.meta.url), rows)));
  return figures;
}
