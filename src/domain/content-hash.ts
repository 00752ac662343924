import { createHash } from 'node:crypto';

/** SHA-256 (hex) of a JSON value, independent of the order of its fields. A decision names it, so that it is valid for this evidence only. */
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
