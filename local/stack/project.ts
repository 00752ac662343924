import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '../template/deployment.ts';
import { localConfiguration } from '../template/local-configuration.ts';
import { readAssembly } from '../template/read-assembly.ts';
import { synthesise } from '../template/synthesise.ts';
import { readPlan } from './read-plan.ts';

/** What the stack runs. */
export interface Project {
  /** Absolute path. */
  readonly planFile: string;
  /** What AWS would get. */
  readonly deployment: Deployment;
}

/** Reads the plan, and the template that infra/ synthesises for it; `assembly` is a folder that holds another template. */
export async function readProject(planFile?: string, assembly?: string): Promise<Project> {
  const file = resolve(
    planFile ?? join(fileURLToPath(new URL('../..', import.meta.url)), 'examples/campaigns/plan.json'),
  );
  readPlan(file);
  const folder = assembly ?? (await synthesise(localConfiguration(file)));
  const [deployment, ...others] = readAssembly(folder);
  if (deployment === undefined || others.length > 0)
    throw new Error(`${folder} holds ${others.length + (deployment === undefined ? 0 : 1)} stacks: expected one`);
  return { planFile: file, deployment };
}
