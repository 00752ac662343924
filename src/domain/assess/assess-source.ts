import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Severity } from '../plan-check/rules/finding.ts';
import type { Plan } from '../plan/plan.ts';
import { ownProperty } from '../own-property.ts';
import { amount } from './amount.ts';
import { assessLogins } from './assess-logins.ts';
import type { ConstraintFacts, SourceFacts } from './facts.ts';
import type { Assessment, AssessmentFinding } from './finding.ts';

/** Rows that one dual write can hold in addition to its intent. */
const MAX_IMAGES = 99;

/** Reports what PostgreSQL does by itself, and what prevents capture. Skips tables that the plan excludes. */
export function assessSource(plan: Plan, catalogue: Catalogue, facts: SourceFacts): readonly AssessmentFinding[] {
  const entityOf = (relation: string): string | null => {
    const leaf = `${plan.source.schema}.${relation}`;
    const table = Object.values(catalogue.tables).find(
      ({ name, leaves }) => name === relation || leaves.includes(leaf),
    );
    return Object.entries(plan.entities).find(([, { from }]) => from === table?.name)?.[0] ?? null;
  };
  const findings: AssessmentFinding[] = [];
  const say = (severity: Severity, name: Assessment, relation: string, evidence: string, remedy: string) => {
    const entity = entityOf(relation);
    if (entity !== null) findings.push({ name, severity, entity, path: `entities.${entity}`, evidence, remedy });
  };
  for (const trigger of facts.triggers) sayTrigger(trigger, say);
  for (const { name, from, to, onDelete, onUpdate, most } of facts.cascades) {
    const acts = [onDelete && `ON DELETE ${onDelete}`, onUpdate && `ON UPDATE ${onUpdate}`].filter(Boolean).join(' ');
    const over = most === null || most > MAX_IMAGES;
    say(
      'warns',
      'cascade-writes',
      to,
      `${name}: a change of ${to} writes ${from} (${acts}), up to ${most === null ? 'an unknown number of rows' : amount(most, 'row')}`,
      over
        ? 'More than 99 rows do not fit into one dual write: delete the children in batches first, or pass { relay: true }; once PostgreSQL is gone the application must do all of it'
        : 'Capture sees it; once PostgreSQL is gone the application has to do it',
    );
  }
  for (const constraint of facts.constraints) {
    const entity = entityOf(constraint.table);
    // The plan has chosen another key already.
    const isReplaced = constraint.kind === 'deferrable' && plan.entities[entity ?? '']?.identity !== undefined;
    if (!isReplaced) sayConstraint(constraint, say);
  }
  for (const table of facts.parents)
    say(
      'warns',
      'identity-not-enforced',
      table,
      `inheritance children hold rows of ${table} too, and its keys are unique only within each table`,
      'Two rows with the same key cannot both be migrated: keep keys distinct with one sequence or uuids',
    );
  for (const rights of facts.rights) sayRights(rights, say);
  return [
    ...findings,
    ...assessSequences(plan, facts, entityOf),
    ...assessLogins(plan, facts),
    ...assessAround(plan, facts),
  ];
}

type Say = (severity: Severity, name: Assessment, relation: string, evidence: string, remedy: string) => void;

function sayTrigger({ table, name, function: of, before, writes, changes }: SourceFacts['triggers'][number], say: Say) {
  const when = before ? 'BEFORE' : 'AFTER';
  if (writes)
    say(
      'warns',
      'trigger-writes',
      table,
      `trigger ${name} (${when}, ${of}) can write other rows`,
      'Capture sees what it writes to mapped tables; once PostgreSQL is gone the application has to do it',
    );
  else if (changes)
    say(
      'warns',
      'trigger-changes',
      table,
      `trigger ${name} (${when}, ${of}) changes the row before it is written`,
      'Capture sees the changed row; once PostgreSQL is gone the application has to do it, or a rule in `defaults`',
    );
  else
    say(
      'informs',
      'trigger-present',
      table,
      `trigger ${name} (${when}, ${of}) does not seem to write`,
      'Its checks and notifications end with PostgreSQL',
    );
}

const CONSTRAINTS: Readonly<Record<ConstraintFacts['kind'], readonly [Severity, Assessment, string]>> = {
  deferrable: [
    'warns',
    'key-deferrable',
    'A deferrable key does not order writes, so it cannot identify rows: declare it NOT DEFERRABLE, or choose another key by `identity`',
  ],
  exclusion: ['warns', 'exclusion-constraint', 'DynamoDB has no such rule: let the application enforce it'],
  check: ['informs', 'check-constraint', 'Once PostgreSQL is gone the application must check it'],
  rule: [
    'warns',
    'rule-rewrites',
    'A rewrite rule changes statements before capture sees rows: replace it by a trigger',
  ],
  'write-rule': [
    'warns',
    'rule-refuses-put',
    "PostgreSQL takes no INSERT … ON CONFLICT on a table with rules for INSERT or UPDATE, so the client's put fails on it: replace the rule by a trigger or by partitions, or write the table with plain SQL, which capture sees",
  ],
};

function sayConstraint({ table, name, kind, definition }: ConstraintFacts, say: Say): void {
  const [severity, finding, remedy] = CONSTRAINTS[kind];
  const shown = definition.replaceAll(/\s+/g, ' ');
  say(severity, finding, table, `${name}: ${shown.length > 160 ? `${shown.slice(0, 157)}...` : shown}`, remedy);
}

function sayRights({ table, truncate, ddl, lacks, hidden, unlogged }: SourceFacts['rights'][number], say: Say): void {
  if (hidden)
    say(
      'blocks',
      'row-security',
      table,
      `row-level security hides rows of ${table} from this login`,
      'Use a login that sees every row (BYPASSRLS, or the owner without FORCE)',
    );
  if (unlogged)
    say(
      'blocks',
      'table-unlogged',
      table,
      `${table} is UNLOGGED: a crash of PostgreSQL empties it, and no trigger sees that`,
      `ALTER TABLE ${table} SET LOGGED, or exclude it`,
    );
  if (truncate.length > 0)
    say(
      'warns',
      'truncate-rights',
      table,
      `${truncate.join(', ')} may TRUNCATE ${table}`,
      'Capture refuses TRUNCATE: use DELETE, and REVOKE TRUNCATE beforehand',
    );
  if (ddl.length > 1)
    say(
      'informs',
      'ddl-rights',
      table,
      `${ddl.join(', ')} may change the structure of ${table}`,
      'Changes of mapped columns, keys and tables return reads to PostgreSQL: hold them back until the migration is complete; runbooks/ddl.md says what each change leads to',
    );
  if (lacks.length > 0)
    say(
      'warns',
      'rights-missing',
      table,
      `this login lacks ${lacks.join(' and ')} on ${table}`,
      'Capture installs triggers: the login in the secret must own the table, or be a member of its owner',
    );
}

/** Reports sequences: each is replaced by the rule in `defaults` of its column. */
function assessSequences(
  plan: Plan,
  { sequences }: SourceFacts,
  entityOf: (relation: string) => string | null,
): readonly AssessmentFinding[] {
  return sequences.flatMap(({ name, table, column, last, cycles }): readonly AssessmentFinding[] => {
    const entity = table === null ? null : entityOf(table);
    if (table !== null && entity === null) return [];
    // What does not move needs no rule.
    if (entity !== null && column !== null && plan.entities[entity]?.omit.includes(column) === true) return [];
    const rule = entity === null || column === null ? undefined : ownProperty(plan.entities[entity]?.defaults, column);
    const stands = last === null ? 'never used' : `stands at ${last}`;
    const path = entity === null ? 'entities' : `entities.${entity}.defaults${rule === undefined ? '' : `.${column}`}`;
    const wraps = cycles ? ', and restarts at its end' : '';
    if (rule !== undefined && !cycles)
      return [
        {
          name: 'sequence',
          severity: 'informs',
          entity,
          path,
          evidence: `sequence ${name} of ${column ?? ''} ${stands}`,
          remedy: rule === 'counter' ? 'The counter starts above it' : 'The rule in `defaults` replaces it',
        },
      ];
    return [
      {
        name: 'sequence',
        severity: 'warns',
        entity,
        path,
        evidence: `sequence ${name} ${table === null ? 'belongs to no column' : `of ${table}.${column ?? ''}`}, ${stands}${wraps}`,
        remedy:
          table === null
            ? 'Once PostgreSQL is gone nothing advances it: find out what uses it'
            : rule === undefined
              ? 'State in `defaults` how the value is generated: "counter", or "uuid" for a text column'
              : `No rule of \`defaults\` restarts: ALTER SEQUENCE ${name} NO CYCLE before the migration, or let the application give the value`,
      },
    ];
  });
}

function assessAround(plan: Plan, { otherSchemas, largeObjects }: SourceFacts): readonly AssessmentFinding[] {
  return [
    ...otherSchemas.map(({ schema, tables }) =>
      around(
        'schema-other',
        'source.schema',
        `schema ${schema} has ${amount(tables, 'table')} that this plan, of ${plan.source.schema}, does not see`,
        'They are deleted with the cluster: move them to another database first, where a plan of their own can migrate them',
      ),
    ),
    ...(largeObjects === 0
      ? []
      : [
          around(
            'large-objects',
            'source',
            `the database holds ${amount(largeObjects, 'large object')} outside its tables`,
            'Convert them to bytea columns first, because they are not migrated',
          ),
        ]),
  ];
}

function around(name: Assessment, path: string, evidence: string, remedy: string): AssessmentFinding {
  return { name, severity: 'warns', entity: null, path, evidence, remedy };
}
