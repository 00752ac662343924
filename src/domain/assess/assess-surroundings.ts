import type { Plan } from '../plan/plan.ts';
import type { SurroundingFacts } from './facts.ts';
import type { AssessmentFinding } from './finding.ts';

/** Reports what the installation of capture refuses, or would disturb. */
export function assessSurroundings(
  plan: Plan,
  { foreignPortage, publications, subscribed, subscriptions, unchecked, casts }: SurroundingFacts,
): readonly AssessmentFinding[] {
  return [
    ...(foreignPortage
      ? [
          {
            name: 'schema-portage',
            severity: 'blocks',
            entity: null,
            path: 'source',
            evidence:
              'this database has a schema portage of its own, and capture needs that name: the installation refuses it',
            remedy: 'ALTER SCHEMA portage RENAME TO another name',
          } as const,
        ]
      : []),
    ...(unchecked
      ? [
          {
            name: 'text-not-utf8',
            severity: 'warns',
            entity: null,
            path: 'source',
            evidence:
              'the database is in SQL_ASCII, which checks no text: one that is not UTF-8 stops the relay until it is rewritten',
            remedy: 'Have every application send UTF-8, or first restore the database into one whose encoding is UTF8',
          } as const,
        ]
      : []),
    ...publications.map((name): AssessmentFinding => ({
      name: 'publication-all-tables',
      severity: subscribed ? 'blocks' : 'warns',
      entity: null,
      path: 'source',
      evidence: `publication ${name} is FOR ALL TABLES, those of the schema portage included: a subscriber that does not have them stops, and the source keeps WAL for it`,
      remedy: `Before capture is installed, publish the application's schemas only (CREATE PUBLICATION … FOR TABLES IN SCHEMA ${plan.source.schema}; ALTER SUBSCRIPTION … SET PUBLICATION …), then drop this one`,
    })),
    ...subscriptions.map((name): AssessmentFinding => ({
      name: 'subscription-truncates',
      severity: 'warns',
      entity: null,
      path: 'source',
      evidence: `subscription ${name} replicates into this database: capture refuses a TRUNCATE of a mapped table, and one that is replicated stops the subscription`,
      remedy:
        "Replicate none: ALTER PUBLICATION … SET (publish = 'insert, update, delete') where the changes come from",
    })),
    ...casts.flatMap(({ table, column, type, function: by, reads }): readonly AssessmentFinding[] => {
      const entities = Object.entries(plan.entities).filter(
        ([, { from, omit }]) => from === table && !omit.includes(column),
      );
      return entities.map(([entity]) => ({
        name: 'cast-function',
        severity: reads ? 'blocks' : 'warns',
        entity,
        path: `entities.${entity}`,
        evidence: `${column} (${type}) is turned into text by ${by}${reads ? ', which reads other tables: the installation of capture refuses it, or items change without their rows' : ''}`,
        remedy: `DROP CAST (${type} AS text), so that the text is the type's own, ${reads ? '' : 'unless it has one text for each value that the type reads back, '}or list the column in \`omit\``,
      }));
    }),
  ];
}
