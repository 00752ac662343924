import { ValueRefused } from '../../errors.ts';
import type { AttributeValue } from '../../item.ts';
import { followPath } from '../../catalogue/follow.ts';
import type { PatternPlan } from '../../plan/plan.ts';
import { findTable } from '../../catalogue/tables.ts';
import type { ItemQuery } from '../../ports/table.ts';
import type { RowImage } from '../../row.ts';
import { toCanonicalPrefix } from '../values/to-canonical.ts';
import type { ApplicationValue } from '../values/application-value.ts';
import { type KeyPart, type KeyTemplate, partText } from '../keys/key-template.ts';
import type { EntityMapping, Mapping } from '../mapping.ts';
import { shardKeys } from '../items/shard.ts';
import { lowerCase, parseTemplate } from '../keys/template.ts';
import { columnType } from '../values/types.ts';

/** Bounds of the pattern's `range` column, both included; an absent one is open. */
export interface Range {
  readonly from?: ApplicationValue;
  readonly to?: ApplicationValue;
}

/** Arguments by column or followed path: those of the PK template, of `SK`, and of `range`, `prefix` and `filter` as wanted. */
export type PatternArguments = Readonly<Record<string, ApplicationValue | Range>>;

/** A condition on a column or followed path, for SQL to state with parameters. `value` is canonical text. */
export interface SourceCondition {
  readonly path: string;
  readonly lower: boolean;
  readonly op: '=' | '>=' | '<=' | 'startsWith' | 'isNull';
  readonly value: string | null;
}

/** `collate`: ORDER BY … COLLATE "C", else the type's own order. */
export interface SourceOrder {
  readonly path: string;
  readonly lower: boolean;
  readonly collate: boolean;
}

/** PostgreSQL's side of a pattern, for one entity: same conditions, same order. */
export interface SourceQuery {
  readonly entity: string;
  readonly conditions: readonly SourceCondition[];
  /** Paths that must not be NULL: the row would not be in the index. */
  readonly notNull: readonly string[];
  readonly order: readonly SourceOrder[];
  readonly direction: 'asc' | 'desc';
  readonly limit: number | null;
}

export interface PatternQuery {
  readonly index: string | null;
  readonly direction: 'asc' | 'desc';
  readonly limit: number | null;
  /** Columns by which a filter holds items back after they were read, and paid for. */
  readonly filteredBy: readonly string[];
  /** One per shard; several are merged in the order of `sortKey`. */
  readonly targets: readonly ItemQuery[];
  /** One per entity; several are merged in the order of `sortKey`. */
  readonly sources: readonly SourceQuery[];
}

/** A pattern with these arguments, for both stores. Throws ValueRefused for arguments that are missing, unknown or have no form in a key. */
export function patternQuery(mapping: Mapping, name: string, args: PatternArguments): PatternQuery {
  const shape = patternShape(mapping, name);
  const { plan, members, depth } = shape;
  const given = new Arguments(mapping, name, shape, args);
  const [first] = members;
  const index = plan.index ?? null;
  const pk = joined(first.entity.name, first.PK.parts, (part) => given.text(part.path));
  const targets = shardTargets(pk, index, members).map((key): ItemQuery => ({
    index,
    pk: key,
    sk: sortRange(shape, given),
    order: plan.order,
    limit: plan.limit ?? null,
    filter: filterOf(shape, given),
    after: null,
    consistent: false,
  }));
  const sources = members.map((member): SourceQuery => ({
    entity: member.entity.name,
    conditions: [
      ...equalities(first.PK.parts, member.PK.parts, given),
      ...equalities(first.SK.parts.slice(0, depth), member.SK.parts.slice(0, depth), given),
      ...rangeConditions(shape, given),
      ...filterConditions(shape, given),
      ...constants(member.entity.where),
      ...constants(member.entity.indexes.find((candidate) => candidate.name === index)?.when ?? {}),
    ],
    notNull: index === null ? [] : [...new Set([...member.PK.paths, ...member.SK.paths])],
    order: member.SK.parts
      .slice(depth)
      .flatMap((part) =>
        part.kind === 'value' ? [{ path: part.path, lower: part.lower, collate: part.codec.collate }] : [],
      ),
    direction: plan.order,
    limit: plan.limit ?? null,
  }));
  const filteredBy = (plan.filter ?? []).filter((path) => given.has(path));
  return { index, direction: plan.order, limit: plan.limit ?? null, filteredBy, targets, sources };
}

/** The sort key by which a pattern orders a row, in either store; compare with `compareKeys`. */
export function sortKey(entity: EntityMapping, index: string | null, image: RowImage): string {
  const template = index === null ? entity.SK : entity.indexes.find(({ name }) => name === index)?.SK;
  return template?.text(image) ?? '';
}

/** DynamoDB's order of strings: by their bytes in UTF-8. */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

export interface PatternMember {
  readonly entity: EntityMapping;
  readonly PK: KeyTemplate;
  readonly SK: KeyTemplate;
}

/** What a pattern is made of, whatever its arguments. */
export interface PatternShape {
  readonly plan: PatternPlan;
  readonly members: readonly [PatternMember, ...PatternMember[]];
  /** How many segments of the sort key the pattern fixes. */
  readonly depth: number;
}

const shapes = new WeakMap<Mapping, Map<string, PatternShape>>();

/** The shape of a pattern of the plan; throws ValueRefused for a name that it does not have. */
export function patternShape(mapping: Mapping, name: string): PatternShape {
  const known = shapes.get(mapping) ?? new Map<string, PatternShape>();
  shapes.set(mapping, known);
  const shape = known.get(name) ?? compileShape(mapping, name);
  known.set(name, shape);
  return shape;
}

function compileShape(mapping: Mapping, name: string): PatternShape {
  const plan = Object.hasOwn(mapping.patterns, name) ? mapping.patterns[name] : undefined;
  if (plan === undefined) throw refused(name, '', 'there is no such pattern in the plan');
  const names = typeof plan.entity === 'string' ? [plan.entity] : plan.entity;
  const [first, ...others] = names.map((entityName): PatternMember => {
    const entity = mapping.entities[entityName];
    const keys = plan.index === undefined ? entity : entity?.indexes.find((index) => index.name === plan.index);
    if (entity === undefined || keys === undefined) throw refused(name, '', `${entityName} has no such index`);
    return { entity, PK: keys.PK, SK: keys.SK };
  });
  if (first === undefined) throw refused(name, '', 'the pattern names no entity');
  return { plan, members: [first, ...others], depth: depthOf(plan, first.SK, others.length > 0) };
}

/** Without `SK`: the literals at the front for one entity, the whole partition for several. */
function depthOf(plan: PatternPlan, template: KeyTemplate, several: boolean): number {
  if (plan.SK !== undefined) {
    const parsed = parseTemplate(plan.SK);
    return parsed.ok ? parsed.segments.length - (plan.SK.endsWith('#') ? 1 : 0) : 0;
  }
  if (several) return 0;
  const at = template.parts.findIndex((part) => part.kind === 'value');
  return at === -1 ? template.parts.length : at;
}

/** Arguments as canonical text, each by the type of its column. */
class Arguments {
  readonly #mapping: Mapping;
  readonly #pattern: string;
  readonly #entity: EntityMapping;
  readonly #args: PatternArguments;

  constructor(
    mapping: Mapping,
    pattern: string,
    { plan, members: [first], depth }: PatternShape,
    args: PatternArguments,
  ) {
    this.#mapping = mapping;
    this.#pattern = pattern;
    this.#entity = first.entity;
    this.#args = args;
    const keys = [...first.PK.parts, ...first.SK.parts.slice(0, depth)];
    const needed = keys.flatMap((part) => (part.kind === 'value' ? [part.path] : []));
    const optional = [plan.range, plan.prefix, ...(plan.filter ?? [])];
    const unknown = Object.keys(args).find((path) => !needed.includes(path) && !optional.includes(path));
    if (unknown !== undefined)
      throw refused(pattern, unknown, `the pattern has no such argument; it takes ${needed.join(', ')}`);
  }

  has(path: string): boolean {
    const value = this.#args[path];
    return value !== undefined && value !== null;
  }

  text(path: string): string {
    return this.#absorb(path, this.#value(path));
  }

  /** How a text begins: char(n) is not padded. */
  beginning(path: string): string {
    return this.#absorb(path, this.#value(path), false);
  }

  #value(path: string): NonNullable<ApplicationValue | Range> {
    const value = this.#args[path];
    if (value === undefined || value === null) throw refused(this.#pattern, path, 'the argument is missing');
    return value;
  }

  /** A range as its bounds; a plain value is both. */
  range(path: string): { readonly from: string | null; readonly to: string | null } {
    const value = this.#args[path];
    if (value === undefined || value === null) return { from: null, to: null };
    if (!isRange(value)) return { from: this.#absorb(path, value), to: this.#absorb(path, value) };
    return { from: this.#bound(path, value.from), to: this.#bound(path, value.to) };
  }

  #bound(path: string, value: ApplicationValue): string | null {
    return value === undefined || value === null ? null : this.#absorb(path, value);
  }

  #absorb(path: string, value: NonNullable<ApplicationValue | Range>, padded = true): string {
    const table = findTable(this.#mapping.catalogue, this.#entity.table);
    const followed = table === null ? null : followPath(this.#mapping.catalogue, table, path);
    const text =
      followed?.ok === true && !isRange(value) ? toCanonicalPrefix(columnType(followed.column), padded)(value) : null;
    if (text === null) throw refused(this.#pattern, path, "the value has no form in the column's type");
    return text;
  }
}

function isRange(value: ApplicationValue | Range): value is Range {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array) &&
    ('from' in value || 'to' in value || Object.keys(value).length === 0)
  );
}

function joined(
  entity: string,
  parts: readonly KeyPart[],
  textOf: (part: Extract<KeyPart, { kind: 'value' }>) => string,
): string {
  return parts.map((part) => (part.kind === 'literal' ? part.text : partText(entity, part, textOf(part)))).join('#');
}

function shardTargets(pk: string, index: string | null, members: readonly PatternMember[]): readonly string[] {
  if (index !== null) return [pk];
  return [...new Set(members.flatMap(({ entity }) => shardKeys(pk, entity.shard)))];
}

/** Delimiters sort below everything that a value can begin with, so that `#` to `$` spans whatever follows a value. */
const [LOWEST, AFTER_DELIMITER, HIGHEST] = ['!', '$', '\u{10FFFF}'];

function sortRange({ plan, members: [first], depth }: PatternShape, given: Arguments): ItemQuery['sk'] {
  const { name } = first.entity;
  const { parts } = first.SK;
  const fixed = joined(name, parts.slice(0, depth), (part) => given.text(part.path));
  if (depth > 0 && depth === parts.length) return { from: fixed, to: fixed };
  const front = depth === 0 ? '' : `${fixed}#`;
  const next = parts[depth];
  if (next?.kind === 'value' && plan.range !== undefined && given.has(plan.range)) {
    const { from, to } = given.range(plan.range);
    const end = front === '' ? HIGHEST : `${fixed}${AFTER_DELIMITER}`;
    if (from !== null || to !== null)
      return {
        from: from === null ? front || LOWEST : front + partText(name, next, from),
        to: to === null ? end : front + partText(name, next, to) + (depth + 1 < parts.length ? AFTER_DELIMITER : ''),
      };
  }
  let begins = front;
  if (next?.kind === 'value' && plan.prefix !== undefined && given.has(plan.prefix)) {
    const text = given.beginning(plan.prefix);
    begins += next.codec.prefix?.(next.lower ? lowerCase(text) : text) ?? '';
  }
  return begins === '' ? null : { prefix: begins };
}

function filterOf({ plan, members }: PatternShape, given: Arguments): ItemQuery['filter'] {
  const [{ entity, SK }, ...others] = members;
  const filter: Record<string, AttributeValue> = {};
  for (const path of plan.filter ?? []) {
    const column = entity.columns.find((candidate) => candidate.column === path);
    if (column === undefined || !given.has(path)) continue;
    const value = column.encode(given.text(path));
    if (value === null) throw refused(entity.name, path, 'no item can hold this value');
    filter[column.attribute] = value;
  }
  // Sort keys of an index need not begin with the entity's name, and entities may share a partition there.
  const [head] = SK.parts;
  if (others.length === 0 && !(head?.kind === 'literal' && head.text === entity.name))
    filter['_e'] = { S: entity.name };
  return Object.keys(filter).length === 0 ? null : filter;
}

/** Arguments are named by the first entity's columns; the others have theirs at the same place. */
function equalities(named: readonly KeyPart[], own: readonly KeyPart[], given: Arguments): readonly SourceCondition[] {
  return own.flatMap((part, at): readonly SourceCondition[] => {
    const name = named[at];
    if (part.kind !== 'value' || name?.kind !== 'value') return [];
    const text = given.text(name.path);
    return [{ path: part.path, lower: part.lower, op: '=', value: part.lower ? lowerCase(text) : text }];
  });
}

function rangeConditions(
  { plan, members: [first], depth }: PatternShape,
  given: Arguments,
): readonly SourceCondition[] {
  const next = first.SK.parts[depth];
  if (next?.kind !== 'value') return [];
  const { path, lower } = next;
  const condition = (op: SourceCondition['op'], value: string | null): readonly SourceCondition[] =>
    value === null ? [] : [{ path, lower, op, value: lower ? lowerCase(value) : value }];
  const { from, to } = plan.range === undefined ? { from: null, to: null } : given.range(plan.range);
  const begins = plan.prefix !== undefined && given.has(plan.prefix) ? given.beginning(plan.prefix) : null;
  return [...condition('>=', from), ...condition('<=', to), ...condition('startsWith', begins)];
}

function filterConditions({ plan }: PatternShape, given: Arguments): readonly SourceCondition[] {
  return (plan.filter ?? []).flatMap((path): readonly SourceCondition[] =>
    given.has(path) ? [{ path, lower: false, op: '=', value: given.text(path) }] : [],
  );
}

function constants(conditions: Readonly<Record<string, string | null>>): readonly SourceCondition[] {
  return Object.entries(conditions).map(([path, value]) => ({
    path,
    lower: false,
    op: value === null ? 'isNull' : '=',
    value,
  }));
}

function refused(pattern: string, column: string, reason: string): ValueRefused {
  return new ValueRefused({ entity: `pattern ${pattern}`, column, reason });
}
