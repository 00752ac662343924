import type { CatalogueColumn } from '../../catalogue/catalogue.ts';
import { keyText } from '../../mapping/keys/key-text.ts';
import { columnType } from '../../mapping/values/types.ts';
import { parseTemplate, sameSegment, type Segment } from '../../mapping/keys/template.ts';
import type { PlanFinding, Say, Subject } from './finding.ts';
import { looseEquality } from '../../catalogue/collation.ts';
import { checkOrder, checkTies } from './order.ts';
import { didYouMean } from './did-you-mean.ts';
import type { PatternPlan, Plan } from '../../plan/plan.ts';
import { findColumn } from '../../catalogue/tables.ts';
import { ownProperty } from '../../own-property.ts';

/** Checks that each pattern is one Query on existing keys, in the order of the sort key. */
export function checkPatterns(plan: Plan, subjects: readonly Subject[]): readonly PlanFinding[] {
  return Object.entries(plan.patterns).flatMap(([name, pattern]) => {
    const findings: PlanFinding[] = [];
    const say: Say = (finding, at, evidence, remedy, severity = 'blocks') => {
      findings.push({
        name: finding,
        severity,
        entity: null,
        path: `patterns.${name}${at === '' ? '' : `.${at}`}`,
        evidence,
        remedy,
      });
    };
    checkPattern(plan, pattern, subjects, say);
    return findings;
  });
}

interface Keys {
  readonly subject: Subject;
  readonly PK: readonly Segment[];
  readonly SK: readonly Segment[];
}

function checkPattern(plan: Plan, pattern: PatternPlan, subjects: readonly Subject[], say: Say): void {
  const names = typeof pattern.entity === 'string' ? [pattern.entity] : pattern.entity;
  const all = names.flatMap((name): readonly Keys[] => {
    if (!Object.hasOwn(plan.entities, name)) {
      say(
        'entity-unknown',
        'entity',
        `there is no entity ${name}`,
        didYouMean(name, Object.keys(plan.entities), 'entity'),
      );
      return [];
    }
    const subject = subjects.find((candidate) => candidate.name === name);
    const templates =
      pattern.index === undefined ? plan.entities[name]?.key : ownProperty(plan.entities[name]?.indexes, pattern.index);
    if (templates === undefined) {
      say(
        'index-unknown',
        'index',
        `${name} has no keys in index ${pattern.index ?? ''}`,
        didYouMean(pattern.index ?? '', Object.keys(plan.entities[name]?.indexes ?? {}), 'index'),
      );
      return [];
    }
    const [PK, SK] = [parseTemplate(templates.PK), parseTemplate(templates.SK)];
    // Malformed templates and missing tables are reported for the entity.
    return subject === undefined || !PK.ok || !SK.ok ? [] : [{ subject, PK: PK.segments, SK: SK.segments }];
  });
  const [first, ...others] = all;
  if (first === undefined || all.length < names.length) return;
  checkPartition(first, others, say);
  const { index } = pattern;
  if (index !== undefined) for (const { subject, PK, SK } of all) checkTies(subject, index, [...PK, ...SK], say);
  const depth = checkPrefix(pattern, all, say);
  if (depth === null) return checkFilter(pattern, all, say);
  checkNext(pattern, first, depth, others.length > 0, say);
  for (const { subject, SK } of all) checkOrder(pattern, subject, SK.slice(depth), say);
  if (others.length > 0) checkComplete(pattern, all, depth, subjects, say);
  checkFilter(pattern, all, say);
}

/** Checks that the partition keys match segment by segment, because one Query reads one partition. */
function checkPartition(first: Keys, others: readonly Keys[], say: Say): void {
  for (const { subject, PK } of others) {
    if (!alike(PK, first.PK))
      say(
        'pattern-partition',
        'entity',
        `${subject.name} and ${first.subject.name} do not share a partition`,
        'One pattern is one Query: give them partition keys of the same form',
      );
  }
}

/** Checks that the pattern names every entity that its Query can return. */
function checkComplete(
  pattern: PatternPlan,
  all: readonly Keys[],
  depth: number,
  subjects: readonly Subject[],
  say: Say,
): void {
  const [first] = all;
  for (const subject of subjects) {
    if (first === undefined || all.some((keys) => keys.subject === subject)) continue;
    const templates =
      pattern.index === undefined ? subject.entity.key : ownProperty(subject.entity.indexes, pattern.index);
    if (templates === undefined) continue;
    const [PK, SK] = [parseTemplate(templates.PK), parseTemplate(templates.SK)];
    if (!PK.ok || !SK.ok || !alike(PK.segments, first.PK)) continue;
    const front = first.SK.slice(0, depth);
    const within = front.every((segment, at) => {
      const own = SK.segments[at];
      return segment.kind === 'value' || own?.kind !== 'literal' || own.text === segment.text;
    });
    if (within)
      say(
        'pattern-incomplete',
        'entity',
        `${subject.name} can have items in the same part of the partition`,
        `Name ${subject.name} too, or give it a partition of its own`,
      );
  }
}

/** True if both have literals and columns in the same places. */
function alike(left: readonly Segment[], right: readonly Segment[]): boolean {
  return (
    left.length === right.length &&
    left.every((segment, at) =>
      segment.kind === 'value' ? right[at]?.kind === 'value' : sameSegment(segment, right[at]),
    )
  );
}

/** The number of fixed segments at the beginning of the sort key, or null if `SK` is invalid. */
function checkPrefix(pattern: PatternPlan, all: readonly Keys[], say: Say): number | null {
  const [first] = all;
  if (first === undefined) return null;
  if (pattern.SK === undefined) {
    if (all.length > 1) return 0;
    const at = first.SK.findIndex(({ kind }) => kind === 'value');
    return at === -1 ? first.SK.length : at;
  }
  const parsed = parseTemplate(pattern.SK);
  if (!parsed.ok) {
    say('template-malformed', 'SK', parsed.problem, 'Write the beginning of the sort key up to a #');
    return null;
  }
  const open = pattern.SK.endsWith('#');
  const front = open ? parsed.segments.slice(0, -1) : parsed.segments;
  for (const { subject, SK } of all) {
    const fits =
      front.length <= SK.length &&
      front.every((segment, at) => sameSegment(segment, SK[at])) &&
      (open || front.length === SK.length);
    if (fits) continue;
    say(
      'pattern-prefix',
      'SK',
      `${pattern.SK} is not the beginning of ${subject.name}'s sort key up to a #`,
      `The sort key is ${SK.map((segment) => (segment.kind === 'literal' ? segment.text : `{${segment.path}${segment.lower ? '|lower' : ''}}`)).join('#')}`,
    );
    return null;
  }
  return front.length;
}

/** Checks that `range` and `prefix` use the next column of the sort key. */
function checkNext(pattern: PatternPlan, { subject, SK }: Keys, depth: number, several: boolean, say: Say): void {
  const next = SK[depth];
  for (const use of ['range', 'prefix'] as const) {
    const path = pattern[use];
    if (path === undefined) continue;
    if (several)
      say(
        'pattern-next',
        use,
        'a pattern of several entities reads the whole range',
        `Remove \`${use}\`, or name one entity`,
      );
    else if (next?.kind !== 'value' || next.path !== path)
      say(
        'pattern-next',
        use,
        `${path} is not the next column of ${subject.name}'s sort key after the fixed beginning`,
        next?.kind === 'value' ? `Use ${next.path}` : 'Use a shorter or different beginning in `SK`',
      );
    else if (
      use === 'prefix' &&
      !['text', 'varchar', 'bpchar', 'name', 'citext'].includes(findColumn(subject.table, path)?.type ?? 'text')
    )
      say('pattern-prefix-type', use, `${path} is not text`, 'Use `range`');
    else if (use === 'range' && !hasOrder(findColumn(subject.table, path)))
      say(
        'pattern-range-type',
        use,
        `${path} has no order that its text keeps`,
        'Remove `range`, or name another column',
      );
  }
  if (pattern.range !== undefined && pattern.prefix !== undefined)
    say('pattern-next', 'prefix', '`range` and `prefix` use the same column', 'Use one of them');
}

function hasOrder(column: CatalogueColumn | null): boolean {
  const codec = column === null ? null : keyText(columnType(column), 'SK');
  return codec === null || typeof codec === 'string' || codec.ordered;
}

function checkFilter(pattern: PatternPlan, all: readonly Keys[], say: Say): void {
  for (const [at, column] of (pattern.filter ?? []).entries())
    for (const { subject } of all) {
      const place = `filter.${at}`;
      const found = findColumn(subject.table, column);
      if (found === null)
        say(
          'column-unknown',
          place,
          `${subject.entity.from} has no column ${column}`,
          didYouMean(
            column,
            subject.table.columns.map(({ name }) => name),
            'column',
          ),
        );
      else if (
        subject.entity.omit.includes(column) ||
        Object.hasOwn(subject.entity.large, column) ||
        found.array ||
        ['json', 'jsonb', 'bytea'].includes(found.type)
      )
        say(
          'pattern-filter',
          place,
          `${column} of ${subject.name} cannot be compared in a filter`,
          'Filter by a plain column that becomes an attribute',
        );
      else if (looseEquality(found) !== null)
        say(
          'pattern-filter',
          place,
          `${column} of ${subject.name}: ${looseEquality(found) ?? ''}, and a filter compares bytes`,
          `Remove it from \`filter\`, and search by an index key with {${column}|lower}`,
        );
    }
}
