import { finding, type PlanFinding, type Subject } from './finding.ts';
import { identityOf } from '../../catalogue/tables.ts';
import type { CatalogueColumn } from '../../catalogue/catalogue.ts';
import type { Segment } from '../../mapping/keys/template.ts';
import { checkTemplate, type TemplateValue } from './templates.ts';

/** Checks the base key: no two rows may have the same one, whatever values they hold. */
export function checkKey(subject: Subject): readonly PlanFinding[] {
  const { entity, name, table } = subject;
  const PK = checkTemplate(subject, 'key.PK', 'PK', entity.key.PK);
  const SK = checkTemplate(subject, 'key.SK', 'SK', entity.key.SK);
  const [head] = SK.segments;
  const findings = [...PK.findings, ...SK.findings];
  if (SK.segments.length > 0 && !(head?.kind === 'literal' && head.text === name))
    findings.push(
      finding(
        subject,
        'blocks',
        'key-entity',
        'key.SK',
        `the sort key does not begin with ${name}`,
        `Write ${name}#… so that entities cannot collide in a partition`,
      ),
    );
  for (const [at, { values, segments }] of [
    ['key.PK', PK],
    ['key.SK', SK],
  ] as const)
    findings.push(...values.flatMap((value) => checkValue(subject, at, value, segments)));
  const identity = identityOf(table, entity.identity);
  const shown = [...PK.values, ...SK.values].filter(({ lower }) => !lower).map(({ path }) => path);
  const absent = identity.filter((column) => !shown.includes(column));
  if (absent.length > 0 && PK.segments.length > 0 && SK.segments.length > 0)
    findings.push(
      finding(
        subject,
        'blocks',
        'key-identity',
        'key',
        `the key does not hold ${absent.join(', ')}, so two rows could share it`,
        'Add a segment for each column of the identity, without |lower',
      ),
    );
  const moving = [...new Set(shown)].filter((path) => !identity.includes(path) && !entity.immutable.includes(path));
  if (moving.length > 0)
    findings.push(
      finding(
        subject,
        'informs',
        'key-moves',
        'key',
        `an item moves when ${moving.join(', ')} changes`,
        'List the column in `immutable` if it never does',
      ),
    );
  return [...findings, ...checkShard(subject, PK.values, identity)];
}

function checkValue(
  subject: Subject,
  at: string,
  { path, column, followed }: TemplateValue,
  segments: readonly Segment[],
): readonly PlanFinding[] {
  if (followed.hops.length > 0)
    return [
      finding(
        subject,
        'blocks',
        'follow-in-base-key',
        at,
        `{${path}} follows a foreign key`,
        'Only index keys may follow foreign keys; copy the column into the table',
      ),
    ];
  if (!column.notNull)
    return [
      finding(
        subject,
        'blocks',
        'key-nullable',
        at,
        `${path} may be NULL`,
        'Declare the column NOT NULL, or use another one',
      ),
    ];
  return textInKey(subject, at, path, column, segments);
}

/** Characters that fit into every key, each of four bytes. */
const SHORT = 200;

/** Points out text whose values, today's or tomorrow's, a key may not hold: long ones, and an empty one where nothing else is in the key. */
export function textInKey(
  subject: Subject,
  at: string,
  path: string,
  { type, length }: Pick<CatalogueColumn, 'type' | 'length'>,
  segments: readonly Segment[],
): readonly PlanFinding[] {
  if (!['text', 'varchar', 'bpchar', 'name'].includes(type)) return [];
  const alone = segments.length === 1;
  const short = length !== null && length <= SHORT;
  const refused = [...(alone ? ['an empty value'] : []), ...(short ? [] : ['a value that makes the key too long'])];
  if (refused.length === 0) return [];
  return [
    finding(
      subject,
      'informs',
      'key-text',
      at,
      `${path} is text: ${refused.join(', or ')} is refused`,
      'Add a CHECK constraint that excludes it',
    ),
  ];
}

function checkShard(
  subject: Subject,
  pk: readonly TemplateValue[],
  identity: readonly string[],
): readonly PlanFinding[] {
  const { shard } = subject.entity;
  if (shard === undefined) return [];
  if (!identity.includes(shard.by))
    return [
      finding(
        subject,
        'blocks',
        'shard-by',
        'shard.by',
        `${shard.by} is not a column of the identity (${identity.join(', ')})`,
        'Spread by a column that never changes',
      ),
    ];
  return pk.some(({ path }) => path === shard.by)
    ? [
        finding(
          subject,
          'blocks',
          'shard-by',
          'shard.by',
          `${shard.by} is part of the partition key`,
          'Spread by a column of the sort key',
        ),
      ]
    : [];
}
