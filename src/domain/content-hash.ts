import { createHash } from 'node:crypto';

/** SHA-256 of the evidence, whatever the order of its fields: what a decision names, so that it holds for nothing else. */
export function contentHash(evidence: unknown): string {
  return createHash('sha256').update(canonical(evidence)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
