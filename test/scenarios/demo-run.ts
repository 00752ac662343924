import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from '@jest/globals';

import type { DemoReport } from '../../local/demo/output/report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the demo migrates; the reference application unless told otherwise. */
export interface DemoSubject {
  readonly plan: string;
  readonly options: readonly string[];
}

const REFERENCE: DemoSubject = { plan: 'examples/campaigns/plan.json', options: ['--scale', '0.05'] };

/** What a test gives a run on a busy machine; an idle one needs a third of it. */
export const TIMEOUT_MS = 600_000;

/** The demo in a directory of its own, with little data and a short window. */
export interface DemoRun {
  readonly child: ChildProcess;
  /** Resolves once the output holds this text; rejects when the demo ends without it. */
  said(text: string): Promise<void>;
  ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

export interface DemoPlace {
  run(...options: readonly string[]): DemoRun;
  report(): DemoReport;
  /** Ends what still runs, and removes the directory. */
  remove(): Promise<void>;
}

export function demoPlace(subject: DemoSubject = REFERENCE): DemoPlace {
  const directory = mkdtempSync(join(tmpdir(), 'portage-demo-'));
  const plan = JSON.parse(readFileSync(join(ROOT, subject.plan), 'utf8'));
  const short = {
    ...plan,
    window: { ...plan.window, days: 2, cleanNights: 2 },
    cutover: { ...plan.cutover, minSamples: 40, toleratedP99Ms: 2_000 },
  };
  const planFile = join(directory, 'plan.json');
  const reportFile = join(directory, 'report.json');
  writeFileSync(planFile, JSON.stringify(short));
  const runs: DemoRun[] = [];
  return {
    run(...options) {
      const fixed = ['--yes', '--plan', planFile, ...subject.options, '--report', reportFile];
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'local/demo/main.ts', ...fixed, '--data-dir', join(directory, 'data'), ...options],
        { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let output = '';
      const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
        child.on('close', (code) => resolve({ code, output }));
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      const said = (text: string): Promise<void> =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (output.includes(text)) resolve();
          };
          child.stdout.on('data', look);
          look();
          void ended.then(() => reject(new Error(`the demo ended without "${text}":\n${output}`)));
        });
      const run = { child, ended, said };
      runs.push(run);
      return run;
    },
    report: () => {
      if (!existsSync(reportFile)) throw new Error('the demo wrote no report');
      return JSON.parse(readFileSync(reportFile, 'utf8'));
    },
    remove: async () => {
      for (const { child, ended } of runs) {
        child.kill('SIGKILL');
        await ended;
      }
      // The parts of a killed demo end by themselves, a moment later.
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
    },
  };
}

/** The reference application's migration has ended as it should. */
export function expectCompleted(report: DemoReport): void {
  expect(report.reasons).toEqual([]);
  expect(report).toMatchObject({ result: 'completed', exitCode: 0 });
  expect(report.traffic).toMatchObject({ lost: 0, authority: 'dynamodb', wrongPasswordsAccepted: 0, staleReads: 0 });
  expect(report.traffic?.acknowledged).toBeGreaterThan(50);
  expect(report.verification).toMatchObject({ mismatches: 0, unverified: 0 });
  expect(Object.keys(report.entities).toSorted()).toEqual(['CAMPAIGN', 'CHARACTER', 'SESSION', 'USER']);
  for (const tally of Object.values(report.entities)) expect(tally.matched).toBe(tally.source);
  expect(report.postgres).toEqual({ cluster: 'gone', answers: false });
}
