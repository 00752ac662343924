import type { Catalogue, CatalogueColumn } from '../../src/domain/catalogue/catalogue.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import { INITIAL_MODE } from '../../src/domain/mode/modes.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { RowSource, SourceRow } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { base } from '../../src/domain/versions.ts';
import { LIMITS, RATES } from './rates.ts';

/** Time that passes only by what the stand-ins take. */
export interface Clock {
  now(): number;
  pass(seconds: number): void;
  /** A function's budget, from now on. */
  budget(milliseconds: number): () => boolean;
}

export function createClock(): Clock {
  let seconds = 0;
  return {
    now: () => seconds,
    pass: (more) => void (seconds += more),
    budget: (milliseconds) => {
      const until = seconds + milliseconds / 1000;
      return () => seconds > until;
    },
  };
}

/** The largest answer and the longest call of the stand-ins. */
export interface Peaks {
  statementSeconds: number;
  answerBytes: number;
}

/** Stand-ins of any size, which count instead of holding rows. */
export interface Stores {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly sizes: Readonly<Record<string, number>>;
  readonly control: ControlTable;
  /** Bytes of the largest record that was written. */
  recordBytes(): number;
  readonly rows: RowSource;
  readonly table: Pick<Table, 'scan' | 'putIfSeen' | 'insertAbsent' | 'putNewer'>;
}

/** What a migration of `rows` rows consists of: 70 % in one table, 10 % in one with a unique column, the rest in the other tables. */
function sizesOf(rows: number, tables: number): Readonly<Record<string, number>> {
  const small = Math.max(1, tables - 2);
  return Object.fromEntries([
    ['EVENT', Math.round(rows * 0.7)],
    ['ACCOUNT', Math.round(rows * 0.1)],
    ...Array.from({ length: small }, (_, at) => [`TABLE_${at}`, Math.round((rows * 0.2) / small)]),
  ]);
}

/** Bytes of an item, as in the table of costs in docs/aws.md. */
const ITEM_BYTES = 600;
/** One row in so many has a body in S3; one in so many is a user. */
export const BODY_EACH = 100;
export const USER_EACH = 100;

export function createStores(rows: number, tables: number, clock: Clock, peaks: Peaks): Stores {
  const sizes = sizesOf(rows, tables);
  const plan = planSchema.parse(planOf(Object.keys(sizes)));
  const catalogue = catalogueOf(Object.keys(sizes));
  const mapping = compilePlan(plan, catalogue, {});
  const records = new Map<string, string>();
  let largest = 0;
  const answered = (seconds: number, bytes: number): void => {
    clock.pass(seconds);
    peaks.statementSeconds = Math.max(peaks.statementSeconds, seconds);
    peaks.answerBytes = Math.max(peaks.answerBytes, bytes);
  };
  const page: readonly SourceRow[] = Array.from({ length: 1_000 }, (_, at) => ({
    identity: [uuid(at)],
    image: imageOf(at),
    seq: 0,
  }));
  const entity = mapping.entities['EVENT'];
  const items = entity === undefined ? [] : encodeItem(entity, imageOf(0), { version: base(2), txn: null, at: '' });
  const itemsPerPage = Math.floor(1024 ** 2 / ITEM_BYTES);
  const pages = Math.ceil(rows / itemsPerPage);
  return {
    plan,
    mapping,
    sizes,
    recordBytes: () => largest,
    control: {
      mode: async () => ({ ...INITIAL_MODE, mode: 'dual', epoch: 1, generation: 2 }),
      facts: async () => null,
      read: async (kind, id) => {
        const found = records.get(`${kind} ${id}`);
        return found === undefined ? null : { value: JSON.parse(found), revision: 1 };
      },
      write: async (kind, id, value) => {
        const text = JSON.stringify(value);
        largest = Math.max(largest, Buffer.byteLength(text));
        records.set(`${kind} ${id}`, text);
        return 1;
      },
      list: async () => [],
      remove: async (kind, id) => void records.delete(`${kind} ${id}`),
      move: notAsked,
      saveFacts: notAsked,
    },
    rows: {
      stride: async (name, { after, limit, every, counted }) => {
        const first = after === null ? 0 : Number(after[1]);
        const passed = Math.min(limit, (sizes[name] ?? 0) - first);
        const marks = Math.floor((counted + passed) / every) - Math.floor(counted / every);
        const bounds = Array.from({ length: marks }, (_, at) => markAt((Math.floor(counted / every) + at + 1) * every));
        answered(passed / RATES.strides.value, JSON.stringify(bounds).length + 60 * marks);
        return { last: passed < limit ? null : markAt(first + passed), rows: passed, marks: bounds };
      },
      page: async (_, __, limit) => {
        // A page is read in batches that fit into a response: the longest statement reads as many rows as do.
        const most = Math.min(limit, Math.floor(LIMITS.answerBytes.value / (2 * ITEM_BYTES)));
        clock.pass((limit - most) / RATES.rows.value);
        answered(most / RATES.rows.value, most * 2 * ITEM_BYTES);
        return page.slice(0, limit);
      },
      keys: notAsked,
      rows: notAsked,
      current: notAsked,
      body: notAsked,
      bodies: notAsked,
      catalogue: async () => catalogue,
    },
    table: {
      scan: async (segment, segments, after) => {
        const at = after === null ? Math.floor((segment * pages) / segments) : Number(after);
        clock.pass(256 / RATES.readUnits.value);
        return {
          items,
          next: at + 1 < Math.floor(((segment + 1) * pages) / segments) ? String(at + 1) : null,
          scanned: itemsPerPage,
          rcu: 256,
        };
      },
      putIfSeen: notAsked,
      insertAbsent: async (batch) => batch.map(() => 'inserted'),
      putNewer: async () => ({ kind: 'written' }),
    },
  };
}

export function notAsked(): never {
  throw new Error('the simulation does not ask for this');
}

/** An identity of the length of a uuid, which says how many rows are up to it. */
function markAt(row: number): readonly string[] {
  return [uuid(row), String(row)];
}

function uuid(at: number): string {
  return `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
}

function imageOf(at: number) {
  return { id: uuid(at), email: null, note: 'x'.repeat(ITEM_BYTES - 150) };
}

function planOf(entities: readonly string[]): unknown {
  return {
    name: 'scale',
    table: { name: 'scale', indexes: ['GSI1'] },
    entities: Object.fromEntries(
      entities.map((name) => [
        name,
        {
          from: name.toLowerCase(),
          key: { PK: `${name}#{id}`, SK: `${name}#{id}` },
          ...(name === 'ACCOUNT' ? { unique: { email: '{email}' } } : {}),
          ...(name === 'EVENT' ? { large: { note: { pointer: 'noteS3Key' } } } : {}),
        },
      ]),
    ),
  };
}

function column(name: string, type: string, notNull: boolean): CatalogueColumn {
  const rest = { hasDefault: false, defaultExpression: null, generated: false };
  const sizes = { precision: null, scale: null, length: null };
  return { name, type, typeSchema: 'pg_catalog', kind: 'b', array: false, ...sizes, notNull, ...rest };
}

function catalogueOf(entities: readonly string[]): Catalogue {
  const columns = [column('id', 'uuid', true), column('email', 'text', false), column('note', 'text', false)];
  const tables = entities.map((name) => {
    const table = name.toLowerCase();
    const keys = { primaryKey: ['id'], uniqueKeys: [], foreignKeys: [] };
    return [table, { schema: 'public', name: table, leaves: [`public.${table}`], columns, ...keys }];
  });
  return { tables: Object.fromEntries(tables), fingerprint: 'scale' };
}
