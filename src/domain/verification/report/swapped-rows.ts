import type { Finding } from '../compare/finding.ts';

/**
 * Findings in which two rows of an entity hold each other's values are named `swapped`: each says what the other should say. Known among the
 * findings of one list; values are compared as they are shown, by hash.
 */
export function markSwappedRows(findings: readonly Finding[]): readonly Finding[] {
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

const OF_VALUES: ReadonlySet<string> = new Set(['value', 'truncated', 'precision', 'time zone', 'pointer', 'swapped']);

function valuesOf(finding: Finding, one: 'source' | 'target', other: 'source' | 'target'): string | null {
  const { entity, damage, differences } = finding;
  if (!OF_VALUES.has(damage)) return null;
  const values = differences.filter((difference) => OF_VALUES.has(difference.damage));
  return JSON.stringify([entity, values.map((difference) => [difference.field, difference[one], difference[other]])]);
}
