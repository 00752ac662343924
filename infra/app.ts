import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { folderOf, readConfiguration } from './configuration.ts';
import { PortageStack } from './stack.ts';

const folder = folderOf(import.meta.url);
const root = join(folder, '..');

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new PortageStack(
    app,
    readConfiguration(app.node.tryGetContext('portage'), folder),
    root,
    join(root, 'cdk.out', 'bundles'),
  );
  app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
