import { readdirSync, readFileSync } from 'node:fs';

/** Peak resident memory of this process and all that it started, by what they are. */
export interface MemoryWatch {
  sample(): void;
  peaks(): Readonly<Record<string, number>>;
}

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly peakBytes: number;
}

/** Reads /proc; where there is none (macOS, Windows) only this process is known. */
export function watchMemory(): MemoryWatch {
  const peaks = new Map<string, Map<number, number>>();
  const note = (name: string, pid: number, bytes: number): void => {
    const byPid = peaks.get(name) ?? new Map<number, number>();
    byPid.set(pid, Math.max(byPid.get(pid) ?? 0, bytes));
    peaks.set(name, byPid);
  };
  return {
    sample() {
      note('orchestrator', process.pid, process.memoryUsage.rss());
      for (const { pid, command, peakBytes } of descendants()) {
        const name = nameOf(command);
        if (pid !== process.pid && name !== null) note(name, pid, peakBytes);
      }
    },
    // Several processes of one name run side by side at most by the count seen; the largest is what a reader asks for.
    peaks: () => Object.fromEntries([...peaks].map(([name, byPid]) => [name, Math.max(...byPid.values())])),
  };
}

function descendants(): readonly ProcessFacts[] {
  let pids: readonly number[];
  try {
    pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
  const all = pids.flatMap((pid) => factsOf(pid) ?? []);
  const known = new Set([process.pid]);
  // Parents may be listed after their children.
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (known.has(parent) && !known.has(pid)) {
        known.add(pid);
        grown = true;
      }
    }
  }
  return all.filter(({ pid }) => known.has(pid));
}

function factsOf(pid: number): ProcessFacts | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, parent: field('PPid'), command, peakBytes: field('VmHWM') * 1_024 };
  } catch {
    // It ended between the listing and the reading.
    return null;
  }
}

function nameOf(command: string): string | null {
  if (/DynamoDBLocal/.test(command)) return 'DynamoDB Local';
  if (/postgres/.test(command)) return 'PostgreSQL (largest backend)';
  if (/traffic-process/.test(command)) return 'traffic';
  if (/lambda/.test(command)) return 'Lambda host';
  if (/data-api|databases/.test(command)) return 'Data API and RDS';
  if (/s3|cognito/i.test(command)) return 'S3 and Cognito';
  return null;
}
