import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Runs one part of a measurement in a process of its own with garbage collection exposed, so that no heap is shared; returns the first message it sends. */
export async function answerOf(script: URL, part: unknown): Promise<unknown> {
  const child = fork(script, [JSON.stringify(part)], { execArgv: ['--import', 'tsx', '--expose-gc'] });
  const exit = once(child, 'exit');
  const answers: unknown[] = [];
  child.on('message', (answer) => answers.push(answer));
  const [code] = await exit;
  if (code !== 0) throw new Error(`${script.pathname} ended with ${code}`);
  return answers[0];
}

/** The part that such a script is run on. */
export function givenPart(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}

/** Bytes that stay after a collection, so that the collector's own timing does not show. */
export function liveBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
