import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { end } from '../process/running.ts';
import type { GuardedProcess } from '../process/part.ts';
import { startReaper } from '../process/reaper.ts';

const registrySchema = z.array(
  z.object({ pid: z.number(), program: z.string(), signal: z.enum(['SIGTERM', 'SIGQUIT', 'SIGINT', 'SIGKILL']) }),
);

/** The processes a stack must not leave behind: the reaper watches them, and a file lists them for the next start. */
export interface ProcessRegistry {
  guard(target: GuardedProcess): void;
  release(pid: number): void;
  /** Registered processes that are not in the given list: the PostgreSQL servers that a part has started. */
  others(processes: readonly { readonly pid: number }[]): readonly { readonly name: string; readonly pid: number }[];
  stop(): Promise<void>;
}

export function openProcessRegistry(file: string): ProcessRegistry {
  mkdirSync(dirname(file), { recursive: true });
  const reaper = startReaper();
  const targets = new Map<number, GuardedProcess>();
  let stopped = false;
  const save = (): void => {
    if (stopped) return;
    writeFileSync(`${file}.new`, JSON.stringify([...targets.values()]));
    renameSync(`${file}.new`, file);
  };
  return {
    guard: (target) => {
      targets.set(target.pid, target);
      reaper.guard(target);
      save();
    },
    release: (pid) => {
      targets.delete(pid);
      reaper.release(pid);
      save();
    },
    others: (processes) =>
      [...targets.keys()]
        .filter((pid) => !processes.some((process) => process.pid === pid))
        .map((pid) => ({ name: 'postgres', pid })),
    stop: async () => {
      stopped = true;
      await reaper.stop();
      rmSync(file, { force: true });
    },
  };
}

/** Ends the processes that a killed stack left running, unless its reaper has done so, and waits until they are gone. */
export async function endLeftovers(file: string): Promise<void> {
  let left: readonly GuardedProcess[];
  try {
    left = registrySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return;
  }
  await Promise.all(left.map((target) => end(target)));
  rmSync(file, { force: true });
}
