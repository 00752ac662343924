import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { linkOrCopy } from '../../../infra/bundles/bundle.ts';
import { openAppendLog } from '../states/journal/append-log.ts';
import type { DeployedFunction, Deployment } from '../../template/deployment.ts';

const publishedSchema = z.object({
  arn: z.string(),
  version: z.string(),
  deployed: z.object({
    kind: z.literal('function'),
    logicalId: z.string(),
    name: z.string(),
    arn: z.string(),
    bundle: z.string(),
    handler: z.string(),
    environment: z.record(z.string(), z.string()),
    timeoutSeconds: z.number(),
    memoryMb: z.number(),
    roleArn: z.string(),
    logGroup: z.string(),
  }),
});
type Published = z.infer<typeof publishedSchema>;

/** A function as the template has it, or as it was when a version of it was published. */
export interface FunctionVersion {
  readonly deployed: DeployedFunction;
  /** A number, or `$LATEST`. */
  readonly version: string;
  readonly aliases: readonly string[];
}

type Functions = Pick<Deployment, 'functions' | 'functionVersions' | 'functionAliases'>;

/**
 * Publishes the versions that the template has and the directory does not, and returns all: what was published before stays as it was, for
 * the executions that began with it. A version has a copy of its bundle, because the cache drops what no template uses any more. The versions
 * of a function end with the function, as on AWS.
 */
export function publishFunctions(directory: string, template: Functions): readonly FunctionVersion[] {
  const functions = new Map(template.functions.map((deployed) => [deployed.arn, deployed]));
  const folderOf = ({ deployed, version }: Omit<Published, 'arn'>): string => join(directory, deployed.name, version);
  const published = openAppendLog(join(directory, 'versions.jsonl'), publishedSchema, ({ arn }) => arn);
  try {
    for (const former of [...published.values()].filter(({ deployed }) => !functions.has(deployed.arn))) {
      published.delete(former.arn);
      rmSync(folderOf(former), { recursive: true, force: true });
    }
    for (const { arn, functionArn, version } of template.functionVersions) {
      const deployed = functions.get(functionArn);
      if (deployed === undefined) throw new Error(`the version ${arn} is of a function that is not in the template`);
      if (published.get(arn) !== undefined) continue;
      const bundle = folderOf({ deployed, version });
      copyBundle(deployed.bundle, bundle);
      published.put({ arn, version, deployed: { ...deployed, environment: { ...deployed.environment }, bundle } });
    }
    return [
      ...template.functions.map((deployed) => ({ deployed, version: '$LATEST', aliases: [] })),
      ...[...published.values()].map(({ deployed, version }) => ({
        deployed,
        version,
        aliases: template.functionAliases
          .filter((alias) => alias.functionArn === deployed.arn && alias.version === version)
          .map(({ name }) => name),
      })),
    ];
  } finally {
    published.close();
  }
}

/** Replaces what a start that was killed may have left. */
function copyBundle(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) linkOrCopy(join(from, file), join(to, file));
}
