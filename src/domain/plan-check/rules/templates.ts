import type { CatalogueColumn } from '../../catalogue/catalogue.ts';
import { keyText, type KeyPosition } from '../../mapping/keys/key-text.ts';
import { parseTemplate, type Segment } from '../../mapping/keys/template.ts';
import { columnType } from '../../mapping/values/types.ts';
import { columnNames, finding, type PlanFinding, type Subject } from './finding.ts';
import { looseEquality } from '../../catalogue/collation.ts';
import { type Followed, followPath, type Hop } from '../../catalogue/follow.ts';
import { didYouMean } from './did-you-mean.ts';

/** A value segment of a template, with its column. */
export interface TemplateValue {
  readonly path: string;
  readonly lower: boolean;
  readonly column: CatalogueColumn;
  readonly followed: Extract<Followed, { readonly ok: true }>;
}

export interface CheckedTemplate {
  readonly segments: readonly Segment[];
  readonly values: readonly TemplateValue[];
  readonly findings: readonly PlanFinding[];
}

/** Bytes after which PostgreSQL truncates a name. */
const NAME_BYTES = 63;

/** Parses a template and checks what applies in every place: form, names, types, `lower`. */
export function checkTemplate(subject: Subject, at: string, position: KeyPosition, text: string): CheckedTemplate {
  const parsed = parseTemplate(text);
  if (!parsed.ok)
    return {
      segments: [],
      values: [],
      findings: [
        finding(
          subject,
          'blocks',
          'template-malformed',
          at,
          parsed.problem,
          'Write each # segment as text, {column}, {column|lower} or {fk.column}',
        ),
      ],
    };
  const findings: PlanFinding[] = [];
  const values: TemplateValue[] = [];
  for (const segment of parsed.segments) {
    if (segment.kind === 'literal') {
      if (segment.text === '' || segment.text === 'SHARD')
        findings.push(
          finding(
            subject,
            'blocks',
            'template-malformed',
            at,
            segment.text === '' ? 'a segment is empty' : 'SHARD is reserved for the numbers of shards',
            'Give the segment another text',
          ),
        );
      continue;
    }
    const { path, lower } = segment;
    const followed = followPath(subject.catalogue, subject.table, path);
    if (!followed.ok) {
      findings.push(unresolved(subject, at, path, followed));
      continue;
    }
    // The row image holds the value under the path's own name.
    if (Buffer.byteLength(path) > NAME_BYTES)
      findings.push(
        finding(
          subject,
          'blocks',
          'follow-too-long',
          at,
          `{${path}} takes ${Buffer.byteLength(path)} bytes, and PostgreSQL truncates names after ${NAME_BYTES}`,
          'Copy the column into the table under a shorter name',
        ),
      );
    const { column } = followed;
    values.push({ path, lower, column, followed });
    findings.push(...checkDeferrable(subject, at, path, followed.hops));
    if (at.startsWith('key.') && followed.hops.length === 0 && column.generated)
      findings.push(
        finding(
          subject,
          'blocks',
          'key-generated',
          at,
          `{${path}} is computed by PostgreSQL, so that the application cannot build the key`,
          'Use another column, or let the application compute it: ALTER TABLE … ALTER COLUMN … DROP EXPRESSION',
        ),
      );
    const codec = keyText(columnType(column), position);
    if (typeof codec === 'string')
      findings.push(
        finding(subject, 'blocks', 'key-type', at, `{${path}} is ${column.type}: ${codec}`, 'Use another column'),
      );
    else if (lower && codec.prefix === null)
      findings.push(
        finding(subject, 'blocks', 'key-type', at, `{${path}|lower} is ${column.type}`, 'Only text has a lower case'),
      );
    const loose = looseEquality(column);
    if (loose !== null) findings.push(...checkLoose(subject, at, path, lower, column.type === 'citext', loose));
    if (followed.hops.length === 0 && subject.entity.omit.includes(path))
      findings.push(
        finding(subject, 'blocks', 'omitted-used', at, `${path} is omitted`, 'Keep the column, or use another one'),
      );
    if (followed.hops.length === 0 && Object.hasOwn(subject.entity.large, path))
      findings.push(finding(subject, 'blocks', 'large-in-key', at, `${path} is a large column`, 'Use another column'));
  }
  return { segments: parsed.segments, values, findings };
}

/** The trigger sees no parent that is written after its child, and nothing writes the child's item again. */
function checkDeferrable(subject: Subject, at: string, path: string, hops: readonly Hop[]): readonly PlanFinding[] {
  return hops.flatMap(({ from, key: { deferrable } }) =>
    deferrable === undefined
      ? []
      : finding(
          subject,
          'blocks',
          'follow-deferrable',
          at,
          `{${path}}: the foreign key ${deferrable} is deferrable, so that a row may be written before the one it points to, and its key would lack the value`,
          `ALTER TABLE "${from.schema}"."${from.name}" ALTER CONSTRAINT "${deferrable}" NOT DEFERRABLE`,
        ),
  );
}

/** DynamoDB compares bytes, so that a key holds a folded text; the attribute keeps the original. */
function checkLoose(
  subject: Subject,
  at: string,
  path: string,
  lower: boolean,
  exact: boolean,
  loose: string,
): readonly PlanFinding[] {
  if (!lower)
    return [
      finding(
        subject,
        'blocks',
        'key-collation',
        at,
        `{${path}}: ${loose}, and DynamoDB compares bytes`,
        `Write {${path}|lower}: the key holds the lower case, the attribute the text as it is; a column of the identity cannot be folded`,
      ),
    ];
  return exact
    ? []
    : [
        finding(
          subject,
          'warns',
          'key-fold',
          at,
          `{${path}|lower}: ${loose}, which can be more than case (accents, normal forms)`,
          'Texts that differ in more than case are different keys; let the application store them in one form',
        ),
      ];
}

function unresolved(
  subject: Subject,
  at: string,
  path: string,
  { table, column, problem }: Extract<Followed, { ok: false }>,
): PlanFinding {
  if (problem === 'no column')
    return finding(
      subject,
      'blocks',
      'column-unknown',
      at,
      `{${path}}: ${table.name} has no column ${column}`,
      didYouMean(column, columnNames(table), 'column'),
    );
  return finding(
    subject,
    'blocks',
    'follow-no-foreign-key',
    at,
    `{${path}}: ${table.name}.${column} is not a single-column foreign key to a table of this schema`,
    'Follow foreign keys only',
  );
}
