import { DatabaseError } from 'pg';
import { sqlstateOf } from '../../src/adapters/postgres/connection/statement-failed.ts';
import { ValueRefused } from '../../src/domain/errors.ts';
import { MARK_COLUMN, type Operation } from './operation.ts';
import type { SchemaModel } from './model.ts';
import { dayIn, type MappedTable } from './schema.ts';

/** Errors with which PostgreSQL itself answers a statement whose column, table, key or partition is gone or has another type. */
const BROKEN_STATES = new Set([
  '42703',
  '42P01',
  '42P10',
  '42804',
  '42883',
  '22001',
  '22003',
  '23502',
  '23503',
  '23514',
]);

const DEADLOCK = '40P01';
/** TRUNCATE places CASCADE locks places first, then visits; an INSERT into visits does so the other way round, without capture too. */
const LOCKED_BY_CASCADE: ReadonlySet<MappedTable> = new Set(['places', 'visits']);

/** What the application did, what it must find, and what went wrong. */
export class Ledger {
  /** The mark that a row must have: null where it was deleted, absent where it is not known. */
  readonly #marks = new Map<
    string,
    { readonly table: MappedTable; readonly id: number; readonly month: number; readonly mark: string | null }
  >();
  readonly #model: SchemaModel;
  readonly faults: string[] = [];
  acknowledged = 0;
  /** Statements that failed because of the DDL itself. */
  explained = 0;
  retries = 0;

  constructor(model: SchemaModel) {
    this.#model = model;
  }

  /**
   * Runs an operation of a row that nobody else writes. A read must find what was acknowledged last. An error is a fault, unless the DDL
   * took something away that the operation names, and PostgreSQL itself says so. Returns whether it succeeded.
   */
  async attempt(way: string, operation: Operation, work: () => Promise<string | null | undefined>): Promise<boolean> {
    const { table, action, id, month, mark } = operation;
    const key = rowKey(operation);
    const known = this.#marks.get(key);
    const began = performance.now();
    try {
      const found = await work();
      if (action === 'get') {
        if (known !== undefined && found !== known.mark && !this.#isDestroyed(operation))
          this.faults.push(`${way}: a read of ${key} found ${String(found)} instead of ${String(known.mark)}`);
      } else if (action === 'delete') this.#marks.set(key, { table, id, month, mark: null });
      else if (action === 'put' || (known !== undefined && known.mark !== null))
        this.#marks.set(key, { table, id, month, mark });
      this.acknowledged += 1;
      return true;
    } catch (error) {
      // An update of a row that may not exist changes nothing that is known.
      if (action !== 'get') this.#marks.delete(key);
      if (this.#isExplained(operation, began, error)) this.explained += 1;
      else this.faults.push(`${way}: ${action} of ${key} (${operation.columns.join(', ')}) failed: ${describe(error)}`);
      return false;
    }
  }

  #isDestroyed({ table, month }: Operation): boolean {
    return (
      this.#model.isBroken(table, [MARK_COLUMN[table]]) || (table === 'events' && this.#model.removedMonths.has(month))
    );
  }

  #isExplained({ table, columns, action, month }: Operation, began: number, error: unknown): boolean {
    if (isOfCapture(error)) return false;
    if (stateOf(error) === DEADLOCK && LOCKED_BY_CASCADE.has(table) && began < this.#model.cascadeEnded) return true;
    const named = action === 'get' ? [MARK_COLUMN[table]] : columns;
    const isGone = this.#model.isBroken(table, named) || (table === 'events' && this.#model.removedMonths.has(month));
    // A changed plan has no column of that name either.
    const isRefused = error instanceof ValueRefused;
    return isGone && (isRefused || BROKEN_STATES.has(stateOf(error) ?? ''));
  }

  /** Rows whose mark must be in PostgreSQL, unless DDL took them away. */
  expected(): readonly { readonly table: MappedTable; readonly where: string; readonly mark: string | null }[] {
    return [...this.#marks.values()]
      .filter(
        ({ table, month }) =>
          !this.#model.isBroken(table, [MARK_COLUMN[table]]) &&
          !(table === 'events' && this.#model.removedMonths.has(month)),
      )
      .map(({ table, id, month, mark }) => ({
        table,
        where: table === 'events' ? `id = ${id} AND at = '${dayIn(month)}'` : `id = ${id}`,
        mark,
      }));
  }
}

function rowKey({ table, id, month }: Operation): string {
  return table === 'events' ? `${table} ${id} ${dayIn(month)}` : `${table} ${id}`;
}

/** PostgreSQL's error behind an error of the client, or itself. */
function databaseError(error: unknown): DatabaseError | null {
  if (error instanceof DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseError(error.cause) : null;
}

export function stateOf(error: unknown): string | null {
  return databaseError(error)?.code ?? sqlstateOf(error);
}

/** Raised in one of capture's functions, or about one of its objects. */
export function isOfCapture(error: unknown): boolean {
  const cause = databaseError(error);
  return [cause?.where, cause?.schema, cause?.message, String(error)].some((text) => /\bportage\b/.test(text ?? ''));
}

export function describe(error: unknown): string {
  const where = databaseError(error)?.where;
  return `${String(error)}${where === undefined ? '' : ` [${where.replaceAll('\n', ' ')}]`}`.slice(0, 600);
}
