import type { VerificationFinding } from '../compare/finding.ts';

/**
 * Marks findings as `swapped` where two rows of an entity hold each other's values. Only findings of the same list are compared, by their
 * values as the report shows them (hashes).
 */
export function markSwappedRows(findings: readonly VerificationFinding[]): readonly VerificationFinding[] {
  const byValues = new Map<string, number[]>();
  findings.forEach((finding, at) => {
    const name = valuesOf(finding, 'source', 'target');
    if (name !== null) byValues.set(name, [...(byValues.get(name) ?? []), at]);
  });
  return findings.map((finding, at) => {
    const reversed = valuesOf(finding, 'target', 'source');
    const others = reversed === null ? undefined : byValues.get(reversed);
    return others?.some((other) => other !== at) === true ? { ...finding, damage: 'swapped' } : finding;
  });
}

const VALUE_KINDS: ReadonlySet<string> = new Set([
  'value',
  'truncated',
  'precision',
  'time zone',
  'pointer',
  'swapped',
]);

function valuesOf(finding: VerificationFinding, one: 'source' | 'target', other: 'source' | 'target'): string | null {
  const { entity, damage, differences } = finding;
  if (!VALUE_KINDS.has(damage)) return null;
  const values = differences.filter((difference) => VALUE_KINDS.has(difference.damage));
  return JSON.stringify([entity, values.map((difference) => [difference.field, difference[one], difference[other]])]);
}
