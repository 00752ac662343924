import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { folderOf, readConfiguration } from './configuration.ts';
import { findingLines, findingsOf } from './findings.ts';
import { readUses } from './permissions/handler-uses.ts';
import { PortageStack } from './stack.ts';

const folder = folderOf(import.meta.url);
const root = join(folder, '..');

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const uses = await readUses(join(root, 'handlers'));
  const configuration = readConfiguration(app.node.tryGetContext('portage'), folder);
  const stack = new PortageStack(app, configuration, root, join(root, 'cdk.out', 'bundles'), uses);
  app.synth();
  console.error(findingLines(findingsOf(stack)).join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
