import { KEY_BYTES } from '../mapping/keys/key-template.ts';
import { MAX_ITEM_BYTES } from '../mapping/items/item-size.ts';
import type { Severity } from '../plan-check/rules/finding.ts';
import type { Plan } from '../plan/plan.ts';
import { amount, size } from './amount.ts';
import type { EntityFacts, KeyFacts, Met, SplitFacts } from './facts.ts';
import type { Assessment, AssessmentFinding } from './finding.ts';

/** An owner without shards is reported from here on: reading all of it takes over 1,000 read units. */
const HEAVY_ROWS = 10_000;
const HEAVY_BYTES = 10 * 1024 * 1024;

/** Assesses the measured rows of an entity: item sizes, keys, numbers, owners. */
export function assessRows(plan: Plan, facts: EntityFacts): readonly AssessmentFinding[] {
  const say = sayer(facts.entity);
  return [
    ...assessSizes(plan, facts, say),
    ...facts.keys.flatMap((key) => assessKey(key, say)),
    ...facts.duplicates.map(({ at, keys, rows, example }) =>
      say(
        'blocks',
        'key-duplicate',
        at,
        `${amount(rows, 'row')} share ${amount(keys, 'key')}, among them ${example}`,
        at === 'key'
          ? 'Choose an identity that distinguishes them, or remove the copies'
          : 'Make the values differ, or write the rule as the unique index of PostgreSQL has it; without such an index, remove it',
      ),
    ),
    ...facts.folds.map(({ at, path, rows, example }) =>
      say(
        'warns',
        'key-fold-differs',
        at,
        `{${path}|lower}: PostgreSQL's lower() makes other texts of ${amount(rows, 'value')} than the plan's, which lowers each character as Unicode does, as in ${example}`,
        'Searches and unique values differ for them between the stores: store them in lower case already',
      ),
    ),
    ...facts.numbers.map(({ column, exact, rows, example }) =>
      say(
        exact ? 'blocks' : 'warns',
        'number-out-of-range',
        '',
        `${column}: ${amount(rows, 'value')} that DynamoDB's numbers cannot hold (over 38 digits, beyond 1E-130 to 9.99E+125, not finite), as in ${example}`,
        exact
          ? 'Correct them, turn the column into text, or list it in `omit`'
          : 'They are kept as text and do not compare as numbers; correct them where they are mistakes',
      ),
    ),
    ...assessOwners(plan, facts, say),
  ];
}

/** Reports rows of a shared table that match no entity, which would be lost silently, or several, which would be written twice. */
export function assessSplit(plan: Plan, { table, none, several }: SplitFacts): readonly AssessmentFinding[] {
  const entity = Object.entries(plan.entities).find(([, { from }]) => from === table)?.[0] ?? '';
  const say = sayer(entity);
  return [
    ...(none === 0
      ? []
      : [
          say(
            'warns',
            'where-none',
            'where',
            `${amount(none, 'row')} of ${table} match no entity and would not be migrated`,
            'Add an entity for them, or delete them before the migration',
          ),
        ]),
    ...(several === 0
      ? []
      : [
          say(
            'blocks',
            'where-several',
            'where',
            `${amount(several, 'row')} of ${table} match more than one entity`,
            'Use the same column in `where` of all of them, with different values',
          ),
        ]),
  ];
}

type Say = (severity: Severity, name: Assessment, at: string, evidence: string, remedy: string) => AssessmentFinding;

function sayer(entity: string): Say {
  return (severity, name, at, evidence, remedy) => ({
    name,
    severity,
    entity,
    path: `entities.${entity}${at === '' ? '' : `.${at}`}`,
    evidence,
    remedy,
  });
}

function assessSizes(plan: Plan, { largest, large, tooLarge }: EntityFacts, say: Say): readonly AssessmentFinding[] {
  if (largest === null || large === 0) return [];
  const worst = `the largest of ${size(largest.bytes)} from row ${largest.row}`;
  const remedy =
    'Declare the long text and bytea columns in `large`, so that they go to S3, with an `over` below their sizes; turn others into text first, or list them in `omit`';
  return [
    ...(tooLarge === 0
      ? []
      : [
          say(
            'blocks',
            'item-too-large',
            '',
            `${amount(tooLarge, 'item')} would exceed ${size(MAX_ITEM_BYTES)}, ${worst}`,
            remedy,
          ),
        ]),
    say(
      'warns',
      'item-large',
      '',
      `${amount(large, 'item')} would exceed ${size(plan.sizes.alarmBytes)} (sizes.alarmBytes), ${worst}`,
      remedy,
    ),
  ];
}

function assessKey(
  { at, position, maxBytes, tooLong, worst, values }: KeyFacts,
  say: Say,
): readonly AssessmentFinding[] {
  const base = at.startsWith('key.');
  const noKey = (path: string, rows: string) =>
    say(
      'blocks',
      'key-null',
      at,
      `${path} is NULL in ${rows}`,
      'Fill the column and declare it NOT NULL, or use another one',
    );
  const sparse = (path: string, rows: string) =>
    say(
      'informs',
      'index-sparse',
      at,
      `${path} is NULL in ${rows}: not in this index or rule`,
      'Nothing to do if this is intended',
    );
  return [
    ...(tooLong === 0
      ? []
      : [
          say(
            'blocks',
            'key-too-long',
            at,
            `${amount(tooLong, 'key')} would exceed ${KEY_BYTES[position]} bytes, the longest of ${maxBytes} from row ${worst ?? ''}`,
            shorter(at),
          ),
        ]),
    ...values.flatMap(({ path, nulls, empties, refused }): readonly AssessmentFinding[] => [
      ...(nulls === null ? [] : [base ? noKey(path, where(nulls)) : sparse(path, where(nulls))]),
      ...(empties === null
        ? []
        : [
            say(
              'blocks',
              'key-empty',
              at,
              `${path} is empty in ${where(empties)}`,
              `A key of this value alone cannot be empty: write a word before it, as in NAME#{${path}}; or fill the value${base ? '' : ', or make it NULL'}`,
            ),
          ]),
      ...(refused === null
        ? []
        : [
            say(
              'blocks',
              'key-value-refused',
              at,
              `${path} has a value that a key cannot hold in ${where(refused)}`,
              base
                ? 'A key cannot hold a year that does not have four digits: correct them, or use another column'
                : 'A key cannot hold a year that does not have four digits: correct them, make them NULL, or use another column',
            ),
          ]),
    ]),
  ];
}

/** What shortens the key at this place: a base key holds the identity, a rule of `unique` the columns of its index. */
function shorter(at: string): string {
  if (at.startsWith('unique.'))
    return 'Shorten the values; or let a unique index on a hash of them, in a column of its own, replace the one in PostgreSQL, and name that column';
  return at.startsWith('key.')
    ? 'Use a shorter column, such as an id or a hash; where the long one identifies the rows, shorten its values, or make the other one the primary key in PostgreSQL'
    : 'Use a shorter column, such as an id or a hash';
}

function where({ rows, example }: Met): string {
  return `${amount(rows, 'row')}, as in ${example}`;
}

function shown(owners: EntityFacts['owners']['top']): string {
  return owners.map(({ owner, rows, bytes }) => `${owner} (${amount(rows, 'row')}, ${size(bytes)})`).join(', ');
}

function assessOwners(plan: Plan, { entity, owners }: EntityFacts, say: Say): readonly AssessmentFinding[] {
  const shard = plan.entities[entity]?.shard;
  if (shard !== undefined)
    return owners.past === 0
      ? []
      : [
          say(
            'informs',
            'owner-sharded',
            'shard',
            `${amount(owners.past, 'owner')} of ${owners.count} have over ${shard.over} rows and get ${shard.into} shards, the heaviest: ${shown(owners.top)}`,
            `Reading one of them whole is ${shard.into} queries; nothing to do if this is intended`,
          ),
        ];
  const heavy = owners.top.filter(({ rows, bytes }) => rows > HEAVY_ROWS || bytes > HEAVY_BYTES);
  return heavy.length === 0
    ? []
    : [
        say(
          'warns',
          'owner-heavy',
          'key.PK',
          `of ${amount(owners.count, 'owner')} these have over ${HEAVY_ROWS} rows or ${size(HEAVY_BYTES)}: ${shown(heavy)}`,
          'Add `shard`, or a column to the partition key: a partition takes 1,000 writes and 3,000 reads a second',
        ),
      ];
}
