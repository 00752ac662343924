import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { bundleSizes, sizeLine } from '../../infra/bundles/bundle-sizes.ts';
import { readManifest } from '../../infra/manifest.ts';
import { bundled } from '../../local/template/synthesise.ts';

const root = join(import.meta.dirname, '../..');
const names = readManifest(join(root, 'infra', 'functions.json')).functions.map(({ name }) => name);

let bundles = '';

beforeAll(async () => {
  bundles = await bundled();
}, 120_000);

const fileOf = (name: string): string => pathToFileURL(join(bundles, name, 'index.mjs')).href;

/** What a script prints in a process of its own, whose environment has these variables besides a region. */
async function printed(script: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { PATH: process.env['PATH'], AWS_REGION: 'us-east-1', ...variables };
  return (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env })).stdout;
}

test('a bundle above 1 MB is refused by name', () => {
  const sizes = bundleSizes(names, bundles);
  expect(sizeLine(sizes)).toContain(`bundles: ${names.length}, `);
  expect(() => sizeLine([{ name: 'relay', bytes: 1_000_001 }, ...sizes])).toThrow('compressed: 1001 kB (relay);');
});

/** The SDK's clients in a bundle. */
function clientsIn(name: string): readonly string[] {
  const code = readFileSync(join(bundles, name, 'index.mjs'), 'utf8');
  const services = ['DynamoDB', 'S3', 'SFN', 'RDS', 'RDS Data', 'CloudWatch', 'SNS', 'Cognito Identity Provider'];
  return services.filter((id) => code.includes(`serviceId??"${id}"`));
}

test('a bundle holds the clients of the services that its ports reach, and no others', () => {
  expect(clientsIn('release-lock')).toEqual(['DynamoDB']);
  expect(clientsIn('restore-cluster')).toEqual(['DynamoDB', 'RDS']);
  expect(clientsIn('decide-gate')).toEqual(['DynamoDB', 'SFN']);
  expect(clientsIn('migrate-user')).toEqual(['DynamoDB', 'RDS Data']);
});

test('every bundle loads on its own', async () => {
  const script = `for (const file of ${JSON.stringify(names.map(fileOf))}) {
    const { handler } = await import(file);
    if (typeof handler !== 'function') throw new Error(file + ' exports no handler');
  }`;
  expect(await printed(script)).toBe('');
}, 120_000);

test('a stack trace of a bundle names places in the sources', async () => {
  const script = `const { handler } = await import(${JSON.stringify(fileOf('read-mode'))});
  await handler({}).catch((error) => console.log(error.stack));`;
  const trace = await printed(script, { NODE_OPTIONS: '--enable-source-maps' });
  expect(trace).toContain('ConfigurationMissing');
  expect(trace).toMatch(/handlers\/wiring\/environment\.ts:\d+/);
});
