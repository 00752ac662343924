import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { readDefinitions } from '../../infra/definition.ts';

const root = join(import.meta.dirname, '../..');
const definitions = readDefinitions(join(root, 'statemachines'));
const golden = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'golden.json'), 'utf8')));

/** SHA-256 of what a machine does: keys sorted, Comments left out. */
function digest(definition: string): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(JSON.parse(definition))))
    .digest('hex');
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'Comment');
  return Object.fromEntries(
    entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]),
  );
}

test('golden.json lists every state machine and no other', () => {
  expect(Object.keys(golden).toSorted()).toEqual([...definitions.keys()].toSorted());
});

test.each([...definitions])('%s does what it did when golden.json was written', (name, definition) => {
  const found = digest(definition);
  if (found !== golden[name])
    throw new Error(
      `statemachines/${name}.asl.yaml is not the machine of which test/statemachines/golden.json has the digest. ` +
        `If no change of behaviour was intended, undo it. If it was, set "${name}" to "${found}" there, in the same commit.`,
    );
});
