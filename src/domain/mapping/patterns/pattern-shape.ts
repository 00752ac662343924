import { ValueRefused } from '../../errors.ts';
import type { PatternPlan } from '../../plan/plan.ts';
import type { KeyTemplate } from '../keys/key-template.ts';
import { parseTemplate } from '../keys/template.ts';
import type { EntityMapping, Mapping } from '../mapping.ts';

export interface PatternMember {
  readonly entity: EntityMapping;
  readonly PK: KeyTemplate;
  readonly SK: KeyTemplate;
}

/** A pattern compiled from the plan, without arguments. */
export interface PatternShape {
  readonly plan: PatternPlan;
  readonly members: readonly [PatternMember, ...PatternMember[]];
  /** Number of leading sort key segments that the pattern fixes. */
  readonly depth: number;
}

const shapes = new WeakMap<Mapping, Map<string, PatternShape>>();

/** The shape of a pattern of the plan; throws ValueRefused for an unknown name. */
export function patternShape(mapping: Mapping, name: string): PatternShape {
  const known = shapes.get(mapping) ?? new Map<string, PatternShape>();
  shapes.set(mapping, known);
  const shape = known.get(name) ?? compileShape(mapping, name);
  known.set(name, shape);
  return shape;
}

function compileShape(mapping: Mapping, name: string): PatternShape {
  const plan = Object.hasOwn(mapping.patterns, name) ? mapping.patterns[name] : undefined;
  if (plan === undefined) throw patternRefused(name, '', 'the plan has no such pattern');
  const names = typeof plan.entity === 'string' ? [plan.entity] : plan.entity;
  const [first, ...others] = names.map((entityName): PatternMember => {
    const entity = mapping.entities[entityName];
    const keys = plan.index === undefined ? entity : entity?.indexes.find((index) => index.name === plan.index);
    if (entity === undefined || keys === undefined) throw patternRefused(name, '', `${entityName} has no such index`);
    return { entity, PK: keys.PK, SK: keys.SK };
  });
  if (first === undefined) throw patternRefused(name, '', 'the pattern names no entity');
  return { plan, members: [first, ...others], depth: depthOf(plan, first.SK, others.length > 0) };
}

/** Without `SK`, one entity fixes its leading literals; several read the whole partition. */
function depthOf(plan: PatternPlan, template: KeyTemplate, severalEntities: boolean): number {
  if (plan.SK !== undefined) {
    const parsed = parseTemplate(plan.SK);
    return parsed.ok ? parsed.segments.length - (plan.SK.endsWith('#') ? 1 : 0) : 0;
  }
  if (severalEntities) return 0;
  const at = template.parts.findIndex((part) => part.kind === 'value');
  return at === -1 ? template.parts.length : at;
}

/** The error for an invalid use of a pattern. */
export function patternRefused(pattern: string, column: string, reason: string): ValueRefused {
  return new ValueRefused({ entity: `pattern ${pattern}`, column, reason });
}
