import { sqlstateOf } from '../../adapters/postgres/connection/statement-failed.ts';
import { deleteStatement, putStatement, updateStatement } from '../../adapters/postgres/sql/write.ts';
import { RowNotFound, UniqueTaken } from '../../domain/errors.ts';
import { toCanonicalRow, type TextRow } from '../../domain/mapping/items/application-row.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import type { SqlRow } from '../../domain/ports/source.ts';
import type { SqlStatement } from '../../domain/ports/captured-source.ts';
import { bodiesOf, entityNamed, identityOf, type Operation } from '../operation.ts';

/** An operation as SQL, and what to make of PostgreSQL's answer. */
export interface SourceStep {
  readonly entity: string;
  readonly statement: SqlStatement;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
  /** The identity as text of the row that was written, null where a delete found none. Throws RowNotFound for an update of nothing. */
  readonly parseAnswer: (rows: readonly SqlRow[]) => readonly string[] | null;
}

const NOTHING: ReadonlyMap<string, Uint8Array> = new Map();

/** The SQL statement of an operation, with the bodies in it and how to read its identity. */
export function sourceStep(
  mapping: Mapping,
  operation: Operation,
  defaultsOf: (entity: string, row: TextRow) => TextRow,
): SourceStep {
  if ('put' in operation) {
    const entity = entityNamed(mapping, operation.put);
    const row = toCanonicalRow(entity, operation.row);
    const statement = putStatement(mapping, entity, row, defaultsOf(entity.name, row));
    return { entity: entity.name, statement, bodies: bodiesOf(entity, row), parseAnswer: returnedIdentity };
  }
  if ('update' in operation) {
    const entity = entityNamed(mapping, operation.update);
    const identity = identityOf(entity, operation.key);
    const changes = toCanonicalRow(entity, operation.changes);
    return {
      entity: entity.name,
      statement: updateStatement(mapping, entity, identity, changes),
      bodies: bodiesOf(entity, changes),
      parseAnswer: (rows) => {
        const updated = returnedIdentity(rows);
        if (updated === null)
          throw new RowNotFound({ entity: entity.name, identity: Object.values(identity).map(String) });
        return updated;
      },
    };
  }
  const entity = entityNamed(mapping, operation.delete);
  return {
    entity: entity.name,
    statement: deleteStatement(mapping, entity, identityOf(entity, operation.key)),
    bodies: NOTHING,
    parseAnswer: returnedIdentity,
  };
}

function returnedIdentity(rows: readonly SqlRow[]): readonly string[] | null {
  const pk = rows[0]?.['pk'];
  return typeof pk === 'string' ? parse(pk) : null;
}

function parse(text: string): readonly string[] {
  const identity: unknown = JSON.parse(text);
  return Array.isArray(identity) ? identity.map(String) : [];
}

/** A unique violation is the same error in every mode. */
export function toApplicationError(entity: string, error: unknown): unknown {
  if (sqlstateOf(error) !== '23505' || !(error instanceof Error)) return error;
  const constraint = /unique constraint "([^"]*)"/.exec(error.message)?.[1] ?? 'a unique key';
  return new UniqueTaken({ entity, constraint, value: '' }, { cause: error });
}
