import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

export interface MemoryFigure {
  readonly rows: number;
  readonly findings: number;
  readonly peakMb: number;
  readonly seconds: number;
}

const figure = z.object({ rows: z.number(), findings: z.number(), peakMb: z.number(), seconds: z.number() });

/** Each size in a process of its own, one after the other, so that none inherits another's heap. */
export async function measureMemory(sizes: readonly number[]): Promise<readonly MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  for (const rows of sizes) {
    const child = fork(new URL('memory-process.ts', import.meta.url), [String(rows)], {
      execArgv: ['--import', 'tsx', '--expose-gc'],
    });
    const exit = once(child, 'exit');
    const answers: unknown[] = [];
    child.on('message', (message) => answers.push(message));
    const [code] = await exit;
    if (code !== 0) throw new Error(`the process that measured ${rows} rows ended with ${code}`);
    figures.push(figure.parse(answers[0]));
  }
  return figures;
}
