import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod';
import { bundleOptions } from '../../infra/bundles/bundle.ts';
import type { ConfigurationInput } from '../../infra/configuration.ts';
import { readManifest } from '../../infra/manifest.ts';
import { childEnvironment, tsxArguments } from '../process/fork-part.ts';
import { StartupError } from '../process/startup-error.ts';
import { cached, contentKey } from './cache.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'portage');

/** What a bundle is made from. */
const BUNDLED = ['handlers', 'src', 'infra/bundles/bundle.ts', 'infra/functions.json', 'package-lock.json'] as const;
/** What the template is made from, apart from plan and configuration. */
const SYNTHESISED = ['handlers', 'src', 'infra', 'statemachines', 'package-lock.json'] as const;

const cdkSchema = z.looseObject({ context: z.record(z.string(), z.unknown()) });

/**
 * Runs infra/app.ts with this configuration, in a process of its own, and returns the folder of what it synthesised: the template and
 * the bundles. Both are kept by the content of what they are made from, so that only a change costs time.
 */
export async function synthesise(configuration: ConfigurationInput): Promise<string> {
  const key = contentKey(ROOT, SYNTHESISED, [
    JSON.stringify({ ...configuration, planFile: '' }),
    readFileSync(configuration.planFile, 'utf8'),
  ]);
  return cached(join(CACHE, 'assemblies'), key, async (folder) => {
    await runApp(configuration, await bundled(), folder);
    makeRelative(folder);
  });
}

/** The folder of the bundles of all handlers. They depend on the sources only: the plan lies beside a bundle, not in it. */
export function bundled(): Promise<string> {
  const names = readManifest(join(ROOT, 'infra', 'functions.json')).functions.map(({ name }) => name);
  return cached(join(CACHE, 'bundles'), contentKey(ROOT, BUNDLED), async (folder) => {
    await build(bundleOptions(names, ROOT, folder));
  });
}

async function runApp(configuration: ConfigurationInput, bundles: string, folder: string): Promise<void> {
  const { context } = cdkSchema.parse(JSON.parse(readFileSync(join(ROOT, 'infra', 'cdk.json'), 'utf8')));
  const env = childEnvironment({
    CDK_OUTDIR: folder,
    // CDK's own checks of the template, which `npm run synth` makes.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify({
      ...context,
      portage: configuration,
      bundles,
      // Functions run from the packages themselves, not from copies.
      'aws:cdk:disable-asset-staging': true,
    }),
  });
  const app = [...tsxArguments(), join(ROOT, 'infra', 'app.ts')];
  try {
    await promisify(execFile)(process.execPath, app, { env, maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    const { stderr } = z
      .object({ stderr: z.string() })
      .catch({ stderr: String(error) })
      .parse(error);
    throw new StartupError(`infra/app.ts synthesises no template: ${stderr.trim().split('\n').at(-1)}`, {
      cause: error,
    });
  }
}

/** Writes paths below the folder as relative ones, so that the folder may be renamed. */
function makeRelative(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.assets.json'))) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(JSON.stringify(`${folder}/`).slice(0, -1), '"'));
  }
}
