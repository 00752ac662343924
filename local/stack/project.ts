import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDefinitions } from '../../infra/definition.ts';
import { type Manifest, readManifest } from '../../infra/manifest.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import { oneLine, StartupError } from '../process/startup-error.ts';
import { fillIn } from './machines.ts';

/** What the stack runs: the same files that infra/ deploys. */
export interface Project {
  readonly planFile: string;
  readonly plan: Plan;
  readonly handlers: string;
  readonly manifest: Manifest;
  /** Definitions of the state machines by file name, placeholders filled in. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** Reads plan, manifest and definitions; `root` is the folder of statemachines/, handlers/ and infra/. */
export function readProject(
  planFile?: string,
  root: string = fileURLToPath(new URL('../..', import.meta.url)),
): Project {
  const file = resolve(planFile ?? join(root, 'examples', 'campaigns', 'plan.json'));
  if (!existsSync(file)) throw new StartupError(`there is no plan ${file}: name one with --plan FILE`);
  const manifest = readManifest(join(root, 'infra', 'functions.json'));
  return {
    planFile: file,
    plan: readPlan(file),
    handlers: join(root, 'handlers'),
    manifest,
    definitions: fillIn(readDefinitions(join(root, 'statemachines')), manifest.functions),
  };
}

function readPlan(file: string): Plan {
  try {
    return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new StartupError(`${file} is no plan (${oneLine(error)}): see npx portage plan check`);
  }
}
