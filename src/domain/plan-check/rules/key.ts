import { finding, type PlanFinding, type Subject } from './finding.ts';
import { identityOf } from '../../catalogue/tables.ts';
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
  for (const [at, values] of [
    ['key.PK', PK.values],
    ['key.SK', SK.values],
  ] as const)
    findings.push(...values.flatMap((value) => checkValue(subject, at, value)));
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

function checkValue(subject: Subject, at: string, { path, column, followed }: TemplateValue): readonly PlanFinding[] {
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
  return maybeEmpty(subject, at, path, column.type);
}

/** Warns about text columns in keys: a key cannot hold an empty text, and only the rows show whether there is one. */
export function maybeEmpty(subject: Subject, at: string, path: string, type: string): readonly PlanFinding[] {
  if (!['text', 'varchar', 'bpchar', 'name'].includes(type)) return [];
  return [
    finding(
      subject,
      'informs',
      'key-text',
      at,
      `${path} is text: an empty value, or one too long, is refused`,
      'Add a CHECK constraint that excludes both',
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
