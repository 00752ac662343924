import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';

/** Ids of a session's own rows start at `OWN_IDS` times its number, from 1; ids up to `SHARED_ROWS` are never deleted. */
export const OWN_IDS = 1_000;
export const OWN_ROWS = 4;
export const SHARED_ROWS = 10;

const MAX_ID = 32 * OWN_IDS;

export interface LockTable {
  readonly name: string;
  /** Tables that sessions write to: itself, and a partition or child by its own name. */
  readonly children: readonly string[];
  /** The table whose shared rows `ref` points to. */
  readonly references: string | null;
}

/**
 * Tables of the shapes that decide which locks an installation takes: partitioned with few partitions and with many, with inheritance
 * children, with a foreign key to another table or to itself, and plain.
 */
export function lockTables(count: number, partitions: number): readonly LockTable[] {
  return Array.from({ length: count }, (_, index) => {
    const name = nameOf(index);
    const child = (n: number): string => `${name}_${n}`;
    const children = Array.from({ length: childrenOf(index, partitions) }, (_child, n) => child(n));
    const references = index % 10 === 8 ? name : index % 10 === 3 || index % 10 === 7 ? nameOf(index - 1) : null;
    return { name, children, references };
  });
}

function childrenOf(index: number, partitions: number): number {
  if (index === 0) return partitions;
  if (index % 10 === 0) return 4;
  return index % 10 === 5 ? 2 : 0;
}

function nameOf(index: number): string {
  return `t${String(index).padStart(3, '0')}`;
}

/** The tables with rows for `sessions` sessions. */
export function lockSchema(tables: readonly LockTable[], sessions: number): string {
  return tables
    .map((table, index) => {
      const columns = `id bigint, n int NOT NULL DEFAULT 0, note text, ref bigint, PRIMARY KEY (id)`;
      const key = table.references === null ? '' : `, FOREIGN KEY (ref) REFERENCES ${table.references} (id)`;
      const isPartitioned = index % 10 === 0;
      return `
        CREATE TABLE ${table.name} (${columns}${key})${isPartitioned ? ' PARTITION BY RANGE (id)' : ''};
        ${table.children.map((child, n) => (isPartitioned ? partition(table, child, n) : `CREATE TABLE ${child} () INHERITS (${table.name});`)).join('\n')}
        INSERT INTO ${table.name} SELECT i, 0, 'shared' FROM generate_series(1, ${SHARED_ROWS}) i;
        INSERT INTO ${table.name} SELECT s * ${OWN_IDS} + i, 0, 'own' FROM generate_series(1, ${sessions}) s, generate_series(1, ${OWN_ROWS}) i;`;
    })
    .join('\n');
}

function partition({ name, children }: LockTable, child: string, n: number): string {
  const width = Math.ceil(MAX_ID / children.length);
  return `CREATE TABLE ${child} PARTITION OF ${name} FOR VALUES FROM (${n * width}) TO (${(n + 1) * width});`;
}

export function lockPlan(tables: readonly LockTable[]): Plan {
  const entity = ({ name }: LockTable) => [
    name.toUpperCase(),
    { from: name, key: { PK: `${name.toUpperCase()}#{id}`, SK: `${name.toUpperCase()}#{id}` } },
  ];
  return planSchema.parse({
    name: 'locks',
    source: { schema: 'public' },
    table: { name: 'locks', indexes: [] },
    entities: Object.fromEntries(tables.map(entity)),
    writes: { leaseSeconds: 5, deadlineSeconds: 20 },
  });
}
