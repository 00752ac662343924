import { followPath } from '../../catalogue/follow.ts';
import { findTable } from '../../catalogue/tables.ts';
import type { EntityMapping, Mapping } from '../mapping.ts';
import type { ApplicationValue } from '../values/application-value.ts';
import { toCanonicalPrefix } from '../values/to-canonical.ts';
import { columnType } from '../values/types.ts';
import { patternRefused, type PatternShape } from './pattern-shape.ts';
import { ownProperty } from '../../own-property.ts';

/** Bounds of the pattern's `range` column, both inclusive; an absent bound is open. */
export interface Range {
  readonly from?: ApplicationValue;
  readonly to?: ApplicationValue;
}

/** Arguments by column or followed path: those of the PK template, of `SK`, and optionally of `range`, `prefix` and `filter`. */
export type PatternArguments = Readonly<Record<string, ApplicationValue | Range>>;

/** Arguments as canonical text, each by the type of its column. */
export class CanonicalArguments {
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
      throw patternRefused(pattern, unknown, `the pattern has no such argument; it takes ${needed.join(', ')}`);
  }

  has(path: string): boolean {
    const value = ownProperty(this.#args, path);
    return value !== undefined && value !== null;
  }

  text(path: string): string {
    return this.#canonical(path, this.#value(path));
  }

  /** A prefix as canonical text: char(n) is not padded. */
  prefix(path: string): string {
    return this.#canonical(path, this.#value(path), false);
  }

  #value(path: string): NonNullable<ApplicationValue | Range> {
    const value = ownProperty(this.#args, path);
    if (value === undefined || value === null) throw patternRefused(this.#pattern, path, 'the argument is missing');
    return value;
  }

  /** A range as its bounds; a plain value is both. */
  range(path: string): { readonly from: string | null; readonly to: string | null } {
    const value = ownProperty(this.#args, path);
    if (value === undefined || value === null) return { from: null, to: null };
    if (!isRange(value)) return { from: this.#canonical(path, value), to: this.#canonical(path, value) };
    return { from: this.#bound(path, value.from), to: this.#bound(path, value.to) };
  }

  #bound(path: string, value: ApplicationValue): string | null {
    return value === undefined || value === null ? null : this.#canonical(path, value);
  }

  #canonical(path: string, value: NonNullable<ApplicationValue | Range>, padded = true): string {
    const table = findTable(this.#mapping.catalogue, this.#entity.table);
    const followed = table === null ? null : followPath(this.#mapping.catalogue, table, path);
    const text =
      followed?.ok === true && !isRange(value) ? toCanonicalPrefix(columnType(followed.column), padded)(value) : null;
    if (text === null) throw patternRefused(this.#pattern, path, "the value has no form in the column's type");
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
