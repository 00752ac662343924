import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as z from 'zod';
import { bundleHandlers } from './bundles/bundle.ts';
import { bundleSizes, sizeLine } from './bundles/bundle-sizes.ts';
import { folderOf, readConfiguration } from './configuration.ts';
import { findingLines, findingsOf } from './findings.ts';
import { readUses } from './permissions/handler-uses.ts';
import { readManifest } from './manifest.ts';
import { PortageStack } from './stack.ts';

const folder = folderOf(import.meta.url);
const root = join(folder, '..');

try {
  const app = new App();
  // The embedded stack brings its bundles, and wants the template alone: what is checked here, `npm run synth` checks.
  const ready = z.string().optional().parse(app.node.tryGetContext('bundles'));
  const bundles = ready ?? join(app.outdir, 'bundles');
  const names = readManifest(join(root, 'infra', 'functions.json')).functions.map(({ name }) => name);
  if (ready === undefined) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    bundleHandlers(names, root, bundles);
  }
  const uses = await readUses(join(root, 'handlers'));
  const configuration = readConfiguration(app.node.tryGetContext('portage'), folder);
  const stack = new PortageStack(app, configuration, root, { bundles, packages: join(app.outdir, 'packages') }, uses);
  app.synth();
  if (ready === undefined)
    console.error([sizeLine(bundleSizes(names, bundles)), ...findingLines(findingsOf(stack))].join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
