import type { Random } from '../../examples/campaigns/generator/random.ts';
import { FIRST_MONTHS, MAPPED, type MappedTable } from './schema.ts';

/** What an operation of the application needs of the schema, and which row it writes. */
export interface Operation {
  readonly table: MappedTable;
  /** Columns that its SQL names, besides the key. */
  readonly columns: readonly string[];
  readonly id: number;
  /** Of a row of `events`. */
  readonly month: number;
  readonly action: 'put' | 'update' | 'delete' | 'get';
  /** What it writes into the row's `mark` column. */
  readonly mark: string;
}

/** The column of each table that sessions write their marks to. */
export const MARK_COLUMN: Readonly<Record<MappedTable, string>> = {
  events: 'note',
  places: 'name',
  stations: 'name',
  visits: 'note',
};

const OWN_ROWS = 8;

/** What session `session` does next. */
export function nextOperation(random: Random, session: number, tables: readonly MappedTable[] = MAPPED): Operation {
  const table = tables[random.between(0, tables.length - 1)] ?? 'places';
  const action = random.pick<Operation['action']>(['put', 'put', 'update', 'update', 'delete', 'get']);
  const extra = table === 'places' && action === 'put' && random.chance(0.5) ? ['kind', 'size', 'seen'] : [];
  const needed = table === 'visits' && action === 'put' ? ['place_id'] : [];
  const written = action === 'put' || action === 'update' ? [MARK_COLUMN[table]] : [];
  return {
    table,
    action,
    columns: [...written, ...needed, ...extra],
    id: 1_000 * session + random.between(1, OWN_ROWS),
    month: random.pick([FIRST_MONTHS[0], FIRST_MONTHS[1]]),
    mark: `mark ${random.bits()}`,
  };
}
