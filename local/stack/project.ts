import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDefinitions } from '../../infra/definition.ts';
import { type Manifest, readManifest } from '../../infra/manifest.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { fillIn } from './machines.ts';
import { readPlan } from './read-plan.ts';

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
  const manifest = readManifest(join(root, 'infra', 'functions.json'));
  return {
    planFile: file,
    plan: readPlan(file),
    handlers: join(root, 'handlers'),
    manifest,
    definitions: fillIn(readDefinitions(join(root, 'statemachines')), manifest.functions),
  };
}
