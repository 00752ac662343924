import type { Condition } from '../../../domain/catalogue/condition.ts';
import { canonicalConditions } from '../../../domain/mapping/conditions.ts';
import type { KeyPosition } from '../../../domain/mapping/keys/key-text.ts';
import { NULL_SEGMENT } from '../../../domain/mapping/keys/key-template.ts';
import type { Subject } from '../../../domain/plan-check/rules/finding.ts';
import { findColumn, identityOf } from '../../../domain/catalogue/tables.ts';
import type { EntityPlan } from '../../../domain/plan/plan.ts';
import { uniqueRulesOf } from '../../../domain/plan/unique-rules.ts';
import { checkTemplate, type TemplateValue } from '../../../domain/plan-check/rules/templates.ts';
import { attributesBytes, segmentBytes } from './byte-sizes.ts';
import { canonical } from './canonical.ts';
import { conditionSql, followedSql, identitySql } from './image.ts';
import { quoteIdentifier, quoteQualified } from './quote.ts';

/** A key template as SQL; `bytes` is NULL where a value is. */
export interface KeySql {
  readonly at: string;
  readonly position: KeyPosition;
  /** The key is this one value and nothing else, so that the value may not be empty. */
  readonly single: boolean;
  /** `text` as the key has it; `raw` before it is folded, null for a value of another row. */
  readonly values: readonly (TemplateValue & { readonly text: string; readonly raw: string | null })[];
  readonly bytes: string;
  /** True for a row that has the key, as far as conditions and NULL decide. */
  readonly present: string;
  /** NULL is a value of the key. */
  readonly nullsSame: boolean;
}

/**
 * An entity's rows with the sizes and keys that measurements need, as SQL fragments for queries.
 */
export interface EntitySql {
  readonly subject: Subject;
  /** `FROM … WHERE …`, in which the rows are `t`. */
  readonly from: string;
  /** How a row is named in results. */
  readonly row: string;
  readonly itemBytes: string;
  readonly keys: readonly KeySql[];
  /** True for a row that is in the index. */
  readonly present: Readonly<Record<string, string>>;
}

/** `PK`, `SK`, `_v` (at most 15 digits), `_t`, `_at`, and `_e` without its value. */
const SYSTEM_BYTES = 2 + 2 + 2 + 9 + 2 + 36 + 3 + 24 + 2;

/**
 * Builds the fragments from the plan. A template that the plan check refuses is skipped; the rest
 * is still measured. Names come from the catalogue; constants of the plan become literals of
 * canonical text.
 */
export function entitySql(subject: Subject): EntitySql {
  const { entity, table, name } = subject;
  const paths = new Map<string, string>();
  const texts: string[] = [];
  const pathText = ({ path, lower, column, followed }: TemplateValue): string => {
    const key = `${path}${lower ? '|lower' : ''}`;
    const known = paths.get(key);
    if (known !== undefined) return known;
    const text =
      followed.hops.length > 0
        ? followedSql(table, subject.catalogue, 't', path)
        : canonical(column, `t.${quoteIdentifier(path)}`);
    texts.push(`${lower ? `lower(${text})` : text} AS p${texts.length}`);
    const alias = `v.p${texts.length - 1}`;
    paths.set(key, alias);
    return alias;
  };
  const keys = templatesOf(subject).map(({ at, position, text, prefix, when, nullsSame }): KeySql => {
    const { values, segments, findings } = checkTemplate(subject, at, position, text);
    if (findings.some(({ severity }) => severity === 'blocks'))
      return { at, position, single: false, values: [], bytes: 'NULL::int', present: 'false', nullsSame };
    const keyValues = values.map((value) => ({ ...value, text: pathText(value), raw: rawText(value) }));
    const literals = segments.reduce(
      (sum, part) => sum + (part.kind === 'literal' ? Buffer.byteLength(part.text) + 1 : 1),
      -1,
    );
    const parts = keyValues.map(({ column, text: materializedKeys }) =>
      segmentBytes(column, materializedKeys, position),
    );
    const notNull = nullsSame ? [] : keyValues.map(({ text: materializedKeys }) => `${materializedKeys} IS NOT NULL`);
    const conditions = Object.keys(when).length === 0 ? [] : [rowsWhere(subject, when)];
    const present = [...conditions, ...notNull].join(' AND ') || 'true';
    const sizes = nullsSame ? parts.map((size) => `coalesce(${size}, ${NULL_SEGMENT.length})`) : parts;
    const bytes = `CASE WHEN ${present} THEN ${[String(prefix + literals), ...sizes].join(' + ')} END`;
    const single = prefix === 0 && segments.length === 1 && values.length === 1;
    return { at, position, single, values: keyValues, bytes, present, nullsSame };
  });
  const materializedKeys = keys.map((key, at): KeySql => ({ ...key, bytes: `k.k${at}` }));
  const bytesAt = (at: string): string => materializedKeys.find((key) => key.at === at)?.bytes ?? 'NULL::int';
  const present = Object.fromEntries(
    Object.entries(entity.indexes).map(([index, { when }]): [string, string] => [
      index,
      `(${bytesAt(`indexes.${index}.PK`)} + ${bytesAt(`indexes.${index}.SK`)} IS NOT NULL AND ${rowsWhere(subject, when ?? {})})`,
    ]),
  );
  const indexed = Object.entries(present).map(
    ([index, condition]) =>
      ` + CASE WHEN ${condition} THEN ${2 * (index.length + 2)} + ${bytesAt(`indexes.${index}.PK`)} + ${bytesAt(`indexes.${index}.SK`)} ELSE 0 END`,
  );
  const item =
    `${attributesBytes(subject, 't')} + ${SYSTEM_BYTES + Buffer.byteLength(name)}` +
    ` + coalesce(${bytesAt('key.PK')}, 0) + coalesce(${bytesAt('key.SK')}, 0)${indexed.join('')}`;
  const columns = keys.map(({ bytes }, at) => `${bytes} AS k${at}`);
  const identity = identityOf(table, entity.identity);
  return {
    subject,
    // OFFSET 0 evaluates each value once, however often it is used.
    from:
      `FROM ${quoteQualified(table.schema, table.name)} AS t` +
      ` CROSS JOIN LATERAL (SELECT ${texts.length === 0 ? '1 AS one' : texts.join(', ')} OFFSET 0) AS v` +
      ` CROSS JOIN LATERAL (SELECT ${columns.join(', ')} OFFSET 0) AS k` +
      ` CROSS JOIN LATERAL (SELECT ${item} AS bytes OFFSET 0) AS m` +
      ` WHERE ${rowsWhere(subject, entity.where ?? {})}`,
    row:
      identity.length > 0 && identity.every((column) => findColumn(table, column) !== null)
        ? identitySql(table, identity, 't')
        : 't.ctid::text',
    itemBytes: 'm.bytes',
    keys: materializedKeys,
    present,
  };
}

/** The plan's conditions as SQL; one with a constant that no row can have is true for none. */
export function rowsWhere({ table }: Pick<Subject, 'table'>, conditions: Readonly<Record<string, Condition>>): string {
  const canonical = canonicalConditions(table, conditions);
  return canonical === null ? 'false' : `coalesce(${conditionSql(table, canonical, 't')}, false)`;
}

function rawText({ path, column, followed }: TemplateValue): string | null {
  return followed.hops.length > 0 ? null : canonical(column, `t.${quoteIdentifier(path)}`);
}

interface Template {
  readonly at: string;
  readonly position: KeyPosition;
  readonly text: string;
  /** Bytes that stand before the template's own text. */
  readonly prefix: number;
  readonly when: Readonly<Record<string, Condition>>;
  readonly nullsSame: boolean;
}

function templatesOf({ entity, name }: Subject): readonly Template[] {
  return [
    ...keyTemplates('key', entity.key),
    ...Object.entries(entity.indexes).flatMap(([index, templates]) => keyTemplates(`indexes.${index}`, templates)),
    ...uniqueRulesOf(entity).map(({ name: unique, key, when, nulls }): Template => ({
      at: `unique.${unique}`,
      position: 'PK',
      text: key,
      prefix: Buffer.byteLength(`UNIQUE#${name}#${unique}#`),
      when,
      nullsSame: nulls === 'same',
    })),
  ];
}

/** The templates of a base key or an index, which all rows have that have no NULL in it. */
function keyTemplates(at: string, { PK, SK }: EntityPlan['key']): readonly Template[] {
  return [
    { at: `${at}.PK`, position: 'PK', text: PK, prefix: 0, when: {}, nullsSame: false },
    { at: `${at}.SK`, position: 'SK', text: SK, prefix: 0, when: {}, nullsSame: false },
  ];
}
