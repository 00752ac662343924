import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { StartupError } from '../process/startup-error.ts';
import { writeAtomic } from '../process/write-atomic.ts';

const runStateSchema = z.object({
  seed: z.number(),
  scale: z.number(),
  run: z.string(),
  seeded: z.boolean(),
  /** Of a database of somebody's own; none = the reference application. */
  plan: z.string().nullable().default(null),
  scripts: z.array(z.string()).default([]),
  /** Rows by table, once they are there. */
  rows: z.record(z.string(), z.number()).default({}),
  startedAt: z.string(),
  /** When the first stack of this run was started, in milliseconds since 1970: durations span a kill and a resume. */
  beganMs: z.number(),
  resumes: z.number(),
});

/** What a resumed demo has to know of the one that was killed. */
export type RunState = z.infer<typeof runStateSchema>;

export interface DataDirectory {
  readonly path: string;
  readonly stackDir: string;
  readonly ledgerFile: string;
  /** Failures of the traffic. */
  readonly logFile: string;
  readonly runState: RunState;
  seeded(rows: RunState['rows']): void;
  release(): void;
}

/**
 * Takes the directory for this process. Without `resume` what an earlier demo left is wiped; a demo that is alive keeps
 * its directory.
 */
export function openDataDirectory(
  path: string,
  fresh: Pick<RunState, 'seed' | 'scale' | 'run'> & Partial<Pick<RunState, 'plan' | 'scripts'>>,
  resume: boolean,
): DataDirectory {
  const pidFile = join(path, 'demo.pid');
  const runStateFile = join(path, 'demo.json');
  const ledgerFile = join(path, 'ledger.jsonl');
  const logFile = join(path, 'traffic.log');
  const owner = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (owner > 0 && owner !== process.pid && isDemo(owner)) {
    throw new StartupError(
      `${path} is in use by a running demo (pid ${owner}): stop it, or choose another directory with --data-dir`,
    );
  }
  if (resume && !existsSync(runStateFile)) {
    throw new StartupError(`there is no demo to resume in ${path}: leave out --resume`);
  }
  if (!resume && existsSync(path)) {
    if (!existsSync(runStateFile) && !existsSync(pidFile)) {
      throw new StartupError(
        `${path} exists and does not belong to a demo: choose another directory with --data-dir, or delete it yourself`,
      );
    }
    // The stack clears its own part: it knows which of its processes still hold on to it.
    for (const file of [runStateFile, ledgerFile, logFile, join(path, 'profile.json')]) rmSync(file, { force: true });
  }
  mkdirSync(path, { recursive: true });
  writeFileSync(pidFile, String(process.pid));
  const now = Date.now();
  let runState: RunState = resume
    ? runStateSchema.parse(JSON.parse(readFileSync(runStateFile, 'utf8')))
    : {
        plan: null,
        scripts: [],
        rows: {},
        ...fresh,
        seeded: false,
        startedAt: new Date(now).toISOString(),
        beganMs: now,
        resumes: 0,
      };
  if (resume) runState = { ...runState, resumes: runState.resumes + 1 };
  const save = (): void => writeAtomic(runStateFile, JSON.stringify(runState));
  save();
  return {
    path,
    stackDir: join(path, 'stack'),
    ledgerFile,
    logFile,
    get runState() {
      return runState;
    },
    seeded(rows) {
      runState = { ...runState, seeded: true, rows };
      save();
    },
    release: () => rmSync(pidFile, { force: true }),
  };
}

/** A pid may have been given to another program since. */
function isDemo(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes('demo');
}
