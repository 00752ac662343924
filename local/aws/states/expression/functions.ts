import { createHash, randomUUID } from 'node:crypto';
import type { Expression, Focus } from 'jsonata';
import * as z from 'zod';

/** The functions that Step Functions adds to JSONata; `$eval` is withdrawn, as it is there. */
export function registerFunctions(expression: Expression): void {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:a>');
  expression.registerFunction('hash', hash, '<js:s>');
  expression.registerFunction(
    'random',
    (seed?: number) => (seed === undefined ? Math.random() : seeded(seed)),
    '<n?:n>',
  );
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('parse', (text: string): unknown => JSON.parse(text), '<s:j>');
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not supported; use $parse to read JSON');
  });
  // Time is the clock's: the engine binds it for each evaluation.
  expression.registerFunction('millis', function (this: Focus) {
    return boundNow(this);
  });
  expression.registerFunction('now', function (this: Focus, picture?: string, timezone?: string): unknown {
    const now = boundNow(this);
    if (picture === undefined) return new Date(now).toISOString();
    return fromMillis.parse(this.environment.lookup('fromMillis')).implementation.call(this, now, picture, timezone);
  });
}

const fromMillis = z.object({
  implementation: z.custom<(...args: unknown[]) => unknown>((f) => typeof f === 'function'),
});

function boundNow(focus: Focus): number {
  return z.number().parse(focus.environment.lookup('#now'));
}

function partition(values: unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition needs a size of at least 1');
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function range(start: number, end: number, step: number): number[] {
  if (step === 0) throw new Error('$range needs a step that is not 0');
  const count = Math.max(0, Math.floor((end - start) / step) + 1);
  if (count > 1_000_000) throw new Error('$range makes at most 1000000 numbers');
  return Array.from({ length: count }, (_, index) => start + index * step);
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function hash(content: unknown, algorithm: string): string {
  const known = ALGORITHMS[algorithm];
  if (known === undefined) throw new Error(`$hash knows ${Object.keys(ALGORITHMS).join(', ')}, not ${algorithm}`);
  return createHash(known)
    .update(typeof content === 'string' ? content : JSON.stringify(content))
    .digest('hex');
}

/** Not AWS's generator: the same seed gives the same number, but not AWS's number. */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE(0) / 2 ** 32;
}
