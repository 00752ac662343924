import { readFileSync } from 'node:fs';

export interface NamedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Peak resident memory in bytes, by process; several of one name count by the largest. */
export interface MemoryWatch {
  sample(processes: readonly NamedProcess[]): void;
  peaks(): Readonly<Record<string, number>>;
}

export function watchMemory(): MemoryWatch {
  const peaks = new Map<string, number>();
  return {
    sample(processes) {
      for (const { name, pid } of [...processes, { name: 'orchestrator', pid: process.pid }]) {
        const bytes = peakOf(pid);
        if (bytes > 0) peaks.set(name, Math.max(peaks.get(name) ?? 0, bytes));
      }
    },
    peaks: () => Object.fromEntries(peaks),
  };
}

/** The kernel's own high-water mark; where there is no /proc, the present size of this process only. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return pid === process.pid ? process.memoryUsage.rss() : 0;
  }
}
