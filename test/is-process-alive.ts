import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended, but whose parent was killed before it could ask, does not (a container's first process may reap nobody). */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
