import type { Connection, FieldDef, Submittable } from 'pg';
import { createDeferred } from '../../process/deferred.ts';
import { badRequest } from './errors.ts';
import type { BoundStatement } from './parameters.ts';
import { type RowFormat, type RowWriter, rowWriter } from './row-format.ts';

export interface Limits {
  /** Of a response, in bytes. */
  readonly responseBytes: number;
  /** Of a row, in bytes. */
  readonly rowBytes: number;
}

export interface StatementResult {
  /** Null when the statement returns no rows at all, such as an UPDATE without RETURNING. */
  readonly columns: readonly FieldDef[] | null;
  /** Rows as JSON text, in the requested format. */
  readonly rows: readonly string[];
  readonly updated: number;
}

/**
 * One statement in PostgreSQL's extended protocol. Not pg's own Query, because that takes no parameter types, decodes values,
 * keeps whole results however large, and would run several statements at once where there are no parameters.
 */
export class ProtocolStatement implements Submittable {
  readonly result: Promise<StatementResult>;
  readonly #bound: BoundStatement;
  readonly #format: RowFormat;
  readonly #limits: Limits;
  readonly #resolve: (result: StatementResult) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rows: string[] = [];
  #columns: readonly FieldDef[] | null = null;
  #write: RowWriter = () => '';
  #bytes = 0;
  #updated = 0;
  /**
   * Detected while rows arrive but thrown at the end, because the rest of the response must be read
   * anyway.
   */
  #refusal: unknown = null;

  constructor(bound: BoundStatement, format: RowFormat, limits: Limits) {
    this.#bound = bound;
    this.#format = format;
    this.#limits = limits;
    const { promise, resolve, reject } = createDeferred<StatementResult>();
    this.result = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    const { text, types, values } = this.#bound;
    connection.stream.cork();
    connection.parse({ name: '', text, types: types.map(String) }, true);
    connection.bind({ values: [...values] }, true);
    connection.describe({ type: 'P', name: '' }, true);
    connection.execute({}, true);
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.#columns = message.fields;
    this.#write = rowWriter(message.fields, this.#format);
  }

  handleDataRow(message: { length: number; fields: (string | null)[] }): void {
    if (this.#refusal !== null) return;
    const bytes = message.length - 6 - 4 * message.fields.length;
    this.#bytes += bytes;
    if (bytes > this.#limits.rowBytes) {
      this.#refuse(badRequest(`Database returned a row of more than the allowed ${this.#limits.rowBytes} bytes`));
    } else if (this.#bytes > 2 * this.#limits.responseBytes) {
      // Twice the limit: bytea arrives as hex, which is longer than what is sent. The exact check
      // is made on the response.
      this.#refuse(tooLarge());
    } else {
      try {
        this.#rows.push(this.#write(message.fields));
      } catch (error) {
        this.#refuse(error);
      }
    }
  }

  handleCommandComplete(message: { text: string }): void {
    const count = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(message.text)?.[1];
    // As on AWS: a statement that returns rows reports no count.
    this.#updated = this.#columns === null ? Number(count ?? 0) : 0;
  }

  handleReadyForQuery(): void {
    if (this.#refusal !== null) this.#reject(this.#refusal);
    else this.#resolve({ columns: this.#columns, rows: this.#rows, updated: this.#updated });
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#reject(badRequest('COPY FROM STDIN is not supported'));
    connection.stream.destroy();
  }

  handleCopyData(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  #refuse(error: unknown): void {
    this.#refusal = error;
    this.#rows.length = 0;
  }
}

/** AWS's words for a response past the limit. */
export function tooLarge(): Error {
  return badRequest('Database returned more than the allowed response size limit');
}
