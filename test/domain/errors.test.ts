import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readDefinitions } from '../../infra/definition.ts';
import { StatementFailed } from '../../src/adapters/postgres/connection/statement-failed.ts';
import { FAILURES, THROTTLES } from '../../src/adapters/sdk/translated.ts';
import * as errors from '../../src/domain/errors.ts';

const classes = Object.entries(errors).filter(
  ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name) && name !== 'PortageError',
);

test('an error is called what its class is called, says whether to retry, and keeps its cause', () => {
  const cause = new Error('underneath');
  const moved = new errors.EpochMoved({ of: 'epoch', expected: 3, found: 4 }, { cause });
  expect(moved).toMatchObject({ name: 'EpochMoved', retryable: true, fields: { expected: 3, found: 4 }, cause });
  expect(String(moved)).toMatch(/^EpochMoved: another process moved the mode/);
  expect(errors.isPortageError(moved) && errors.isRetryable(moved)).toBe(true);
  expect(errors.isRetryable(cause)).toBe(false);
  expect(moved).not.toBeInstanceOf(errors.LeaseExpired);
});

test('every class has the literal name under which state machines catch it', () => {
  const source = readFileSync('src/domain/errors.ts', 'utf8');
  expect(classes.length).toBeGreaterThan(30);
  for (const [name] of classes) expect(source).toMatch(new RegExp(`class ${name} extends failure\\(\\s*'${name}'`));
});

test('state machines name no error that does not exist', () => {
  // The adapters' own: of PostgreSQL's refusals, and the SDK's names.
  const own = [new StatementFailed('', '40001').name, ...THROTTLES, ...FAILURES];
  const known = new Set([...classes.map(([name]) => name), ...own]);
  const named = [...readDefinitions('statemachines')].flatMap(([machine, definition]) => {
    const found: string[] = [];
    JSON.parse(definition, (key, value: unknown) => {
      if (key === 'ErrorEquals' && Array.isArray(value))
        found.push(...value.map((name) => `${machine} ${String(name)}`));
      return value;
    });
    return found;
  });
  // Names with a dot are Step Functions' or a service's own.
  const unknown = named.filter(
    (line) => !line.includes('.', line.indexOf(' ')) && !known.has(line.slice(line.indexOf(' ') + 1)),
  );
  expect([...new Set(unknown)]).toEqual([]);
});
