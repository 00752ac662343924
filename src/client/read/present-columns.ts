import { readCatalogue } from '../../adapters/postgres/catalogue/read-catalogue.ts';
import { sqlstateOf } from '../../adapters/postgres/connection/statement-failed.ts';
import { findColumn, findTable } from '../../domain/catalogue/tables.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import type { Sql } from '../../domain/ports/source.ts';

const UNDEFINED_COLUMN = '42703';

/**
 * Reads rows from PostgreSQL, also where a mapped column was dropped or renamed since the generation began: such a column reads as NULL, as
 * long as no key or condition needs it. Rethrows other errors.
 */
export class PresentColumns {
  readonly #sql: Sql;
  readonly #schema: string;
  /** What was found last, and for which mapping of the mode. */
  #reduced: { readonly of: object; readonly mapping: Mapping } | null = null;

  constructor(sql: Sql, schema: string) {
    this.#sql = sql;
    this.#schema = schema;
  }

  /** `snapshot` is the mode as it was read last: with each reading of the mode the mapping is tried in full again. */
  async read<T>(snapshot: { readonly mapping: Mapping }, read: (mapping: Mapping) => Promise<T>): Promise<T> {
    if (this.#reduced?.of === snapshot) return read(this.#reduced.mapping);
    try {
      return await read(snapshot.mapping);
    } catch (error) {
      if (sqlstateOf(error) !== UNDEFINED_COLUMN) throw error;
      const mapping = await this.#withPresentColumns(snapshot.mapping);
      this.#reduced = { of: snapshot, mapping };
      return read(mapping);
    }
  }

  async #withPresentColumns(mapping: Mapping): Promise<Mapping> {
    const catalogue = await readCatalogue(this.#sql, this.#schema);
    const entities = Object.entries(mapping.entities).map(([name, entity]) => {
      const table = findTable(catalogue, entity.table);
      const columns = entity.columns.filter(({ column }) => table !== null && findColumn(table, column) !== null);
      const large = Object.fromEntries(
        Object.entries(entity.large).filter(([column]) => columns.some((present) => present.column === column)),
      );
      return [name, { ...entity, columns, large }] as const;
    });
    return { ...mapping, entities: Object.fromEntries(entities) };
  }
}
