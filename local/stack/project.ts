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
  /** Deployments of the same plan beside it, by the names of their environments. */
  readonly environments: Readonly<Record<string, Deployment>>;
}

/**
 * Reads the plan, and the templates that infra/ synthesises for it and for each environment; `assembly` is a folder that holds another
 * template.
 */
export async function readProject(
  planFile?: string,
  assembly?: string,
  environments: readonly string[] = [],
): Promise<Project> {
  const file = resolve(
    planFile ?? join(fileURLToPath(new URL('../..', import.meta.url)), 'examples/campaigns/plan.json'),
  );
  readPlan(file);
  const deploymentOf = async (environment?: string): Promise<Deployment> =>
    onlyStackOf(await synthesise(localConfiguration(file, environment)));
  const others: Record<string, Deployment> = {};
  for (const environment of environments) others[environment] = await deploymentOf(environment);
  return {
    planFile: file,
    deployment: assembly === undefined ? await deploymentOf() : onlyStackOf(assembly),
    environments: others,
  };
}

/** What an account has that several stacks were deployed to: the resources of all, and the outputs of the first. */
export function besideEachOther(first: Deployment, others: readonly Deployment[]): Deployment {
  const all = [first, ...others];
  return {
    ...first,
    functions: all.flatMap(({ functions }) => functions),
    functionVersions: all.flatMap(({ functionVersions }) => functionVersions),
    functionAliases: all.flatMap(({ functionAliases }) => functionAliases),
    machines: all.flatMap(({ machines }) => machines),
    machineVersions: all.flatMap(({ machineVersions }) => machineVersions),
    tables: all.flatMap(({ tables }) => tables),
    buckets: all.flatMap(({ buckets }) => buckets),
    topics: all.flatMap(({ topics }) => topics),
    subscriptions: all.flatMap(({ subscriptions }) => subscriptions),
    rules: all.flatMap(({ rules }) => rules),
    permissions: all.flatMap(({ permissions }) => permissions),
    alarms: all.flatMap(({ alarms }) => alarms),
    compositeAlarms: all.flatMap(({ compositeAlarms }) => compositeAlarms),
    roles: all.flatMap(({ roles }) => roles),
    policies: all.flatMap(({ policies }) => policies),
    resourcePolicies: all.flatMap(({ resourcePolicies }) => resourcePolicies),
    logGroups: all.flatMap(({ logGroups }) => logGroups),
    keys: all.flatMap(({ keys }) => keys),
  };
}

function onlyStackOf(folder: string): Deployment {
  const [deployment, ...others] = readAssembly(folder);
  if (deployment === undefined || others.length > 0)
    throw new Error(`${folder} holds ${others.length + (deployment === undefined ? 0 : 1)} stacks: expected one`);
  return deployment;
}
