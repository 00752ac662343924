import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import aslValidator from 'asl-validator';
import * as z from 'zod';
import { placeholdersIn, readDefinitions } from '../../infra/definition.ts';
import { handlerFiles } from '../../infra/handler-files.ts';
import { readManifest } from '../../infra/manifest.ts';
import { readDefinition } from '../../local/aws/states/definition/definition.ts';
import { StatementFailed } from '../../src/adapters/postgres/connection/statement-failed.ts';
import * as errors from '../../src/domain/errors.ts';
import { fillIn } from './fill-in.ts';
import { lint, statesOf } from './lint.ts';

const root = join(import.meta.dirname, '../..');
const definitions = readDefinitions(join(root, 'statemachines'));
const manifest = readManifest(join(root, 'infra', 'functions.json'));
const filled = fillIn(definitions, manifest.functions);
const timeouts = new Map(manifest.functions.map(({ name, timeoutSeconds }) => [pascal(name), timeoutSeconds]));

/** Names that are classes of errors.ts, and the adapter's own; what errors.ts exports besides are functions and the base. */
const errorNames = new Set([
  ...Object.keys(errors).filter((name) => /^[A-Z]/.test(name) && name !== 'PortageError'),
  new StatementFailed('', '40001').name,
]);

describe.each([...definitions])('%s', (name, definition) => {
  test('is valid to the validator and to the local engine', () => {
    const text = filled.get(name) ?? '';
    expect(aslValidator(JSON.parse(text)).errors).toEqual([]);
    expect(readDefinition(text).findings).toEqual([]);
  });

  test('keeps to the house rules', () => {
    expect(lint(definition, errorNames)).toEqual([]);
  });

  test('lets a function die before its task is retried', () => {
    const early = statesOf(definition).filter(({ state }) => {
      const fn = /^\$\{(\w+)Arn\}$/.exec(state.Arguments?.FunctionName ?? '')?.[1];
      return fn !== undefined && (state.TimeoutSeconds ?? 0) <= (timeouts.get(fn) ?? Infinity);
    });
    expect(early.map(({ name: state }) => state)).toEqual([]);
  });
});

test('every machine ends some day, and a child no sooner than its parents wait for it', () => {
  const limits = new Map(
    [...definitions].map(([name, text]) => [
      name,
      z.object({ TimeoutSeconds: z.number() }).parse(JSON.parse(text)).TimeoutSeconds,
    ]),
  );
  const waits = [...definitions.values()].flatMap((definition) =>
    statesOf(definition).flatMap(({ state }) => {
      const child = /^\$\{(\w+)StateMachineArn\}$/.exec(state.Arguments?.StateMachineArn ?? '')?.[1];
      return child === undefined ? [] : [{ child, seconds: state.TimeoutSeconds ?? Infinity }];
    }),
  );
  expect(waits.length).toBeGreaterThan(10);
  const limitOf = (child: string) => [...limits].find(([name]) => pascal(name) === child)?.[1] ?? 0;
  expect(waits.filter(({ child, seconds }) => limitOf(child) < seconds)).toEqual([]);
});

test('every handler file has its entry in the manifest, and every entry its file', () => {
  expect([...handlerFiles(join(root, 'handlers')).keys()].toSorted()).toEqual(
    manifest.functions.map(({ name }) => name).toSorted(),
  );
});

test('every handler is called by a machine, a schedule, Cognito, or CloudFormation', () => {
  const called = new Set([...definitions.values()].flatMap((definition) => placeholdersIn(definition)));
  const idle = manifest.functions.filter(({ name, schedule }) => !called.has(`${pascal(name)}Arn`) && !schedule);
  // The custom resource of infra/sign-in-trigger.ts.
  expect(idle.map(({ name }) => name)).toEqual(['detach-trigger']);
});

function pascal(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
