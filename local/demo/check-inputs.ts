import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkScript } from '../load-script/lines.ts';
import { StartupError } from '../process/startup-error.ts';
import { readPlan } from '../stack/read-plan.ts';
import type { DemoOptions } from './options.ts';

/** Reads what the command line names before anything is written or started: a wrong name must not delete an earlier run. */
export function checkInputs({ plan, sql, report }: DemoOptions): void {
  if (plan !== null) readPlan(plan);
  for (const script of sql) checkScript(script);
  if (report === null) return;
  try {
    accessSync(dirname(resolve(report)), constants.W_OK);
  } catch {
    throw new StartupError(`cannot write the report ${report}: name a file in a directory that exists and is writable`);
  }
}
