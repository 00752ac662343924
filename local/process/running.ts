import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { GuardedProcess } from './part.ts';

/** Whether the pid still belongs to that program and not to a later one. */
export function isRunning(target: GuardedProcess): boolean {
  return commandLine(target.pid).includes(target.program);
}

/** Ends a program: its own signal, then SIGKILL when it is still there after the grace. */
export async function end(target: GuardedProcess, graceMs = 3000): Promise<void> {
  if (!signal(target, target.signal)) return;
  const deadline = performance.now() + graceMs;
  while (isRunning(target)) {
    if (performance.now() > deadline) signal(target, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function signal(target: GuardedProcess, name: GuardedProcess['signal']): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, name);
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
