import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Deployment } from './deployment.ts';
import { readTemplate } from './read-template.ts';

const manifestSchema = z.looseObject({
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      environment: z.string().optional(),
      properties: z.looseObject({ file: z.string().optional(), templateFile: z.string().optional() }).optional(),
    }),
  ),
});

const assetsSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      source: z.looseObject({ path: z.string() }),
      destinations: z.record(z.string(), z.looseObject({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
});

/** The stacks in a folder that `cdk synth` wrote. Throws one line that names what is missing or not understood. */
export function readAssembly(folder: string): readonly Deployment[] {
  const artifacts = Object.entries(manifestSchema.parse(readJson(join(folder, 'manifest.json'))).artifacts);
  const assets = artifacts.flatMap(([, { type, properties }]) =>
    type === 'cdk:asset-manifest' && properties?.file !== undefined ? readAssets(folder, properties.file) : [],
  );
  const byObject = new Map(assets);
  const asset = (bucket: string, key: string): string | null => {
    const path = byObject.get(objectName(bucket, key));
    return path !== undefined && existsSync(path) ? path : null;
  };
  return artifacts.flatMap(([stackName, { type, environment, properties }]) => {
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) return [];
    const [, account = '', region = ''] = /^aws:\/\/(\d{12})\/([\w-]+)$/.exec(environment ?? '') ?? [];
    if (account === '') throw new Error(`${stackName}: the stack names no account and region (${environment})`);
    const json = readFileSync(join(folder, properties.templateFile), 'utf8');
    return [readTemplate(json, { stackName, account, region, asset })];
  });
}

/** Absolute paths by the objects that they are uploaded as. */
function readAssets(folder: string, file: string): readonly (readonly [object: string, path: string])[] {
  return Object.values(assetsSchema.parse(readJson(join(folder, file))).files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(
      ({ bucketName, objectKey }) => [objectName(bucketName, objectKey), resolve(folder, source.path)] as const,
    ),
  );
}

function objectName(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
