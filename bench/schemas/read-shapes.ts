import type { Client } from 'pg';
import type { Catalogue, CatalogueTable } from '../../src/domain/catalogue/catalogue.ts';
import type { ColumnShape } from './awkward-values.ts';

/** A table as the generator sees it; columns that only PostgreSQL writes are left out. */
export interface TableShape {
  readonly table: CatalogueTable;
  readonly columns: readonly ColumnShape[];
  /** Columns of each constraint and index, by name: whom a refused row is to be blamed on. */
  readonly constraints: ReadonlyMap<string, readonly string[]>;
}

/** Adds what the catalogue of a plan does not hold: labels of enums, constants in CHECK constraints, columns of constraints. */
export async function readShapes(client: Client, catalogue: Catalogue, schema: string): Promise<readonly TableShape[]> {
  const labels = await lists(client, LABELS, []);
  const constants = await lists(client, CONSTANTS, [schema]);
  const constraints = await lists(client, CONSTRAINTS, [schema]);
  return Object.values(catalogue.tables).map((table) => ({
    table,
    columns: table.columns
      .filter(({ generated }) => !generated)
      .map((column): ColumnShape => {
        const definitions = constants.get(JSON.stringify([table.name, column.name])) ?? [];
        return {
          name: column.name,
          type: column.kind === 'e' ? 'enum' : column.type,
          array: column.array,
          length: column.length ?? lengthIn(definitions),
          precision: column.precision,
          scale: column.scale,
          notNull: column.notNull,
          sequence: /^(?:identity|nextval\()/.test(column.defaultExpression ?? ''),
          hasDefault: column.hasDefault,
          labels: labels.get(JSON.stringify([column.typeSchema, column.type])) ?? [],
          constants: definitions.flatMap(constantsIn),
        };
      }),
    constraints: new Map(
      [...constraints].flatMap(([key, columns]) => {
        const [owner = '', name = '']: readonly string[] = JSON.parse(key);
        return owner === table.name ? [[name, columns] as const] : [];
      }),
    ),
  }));
}

function constantsIn(definition: string): readonly string[] {
  return [
    ...[...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'")),
    ...[...definition.matchAll(/(?<![\w.'])-?\d+(?:\.\d+)?(?![\w'])/g)].map(([text]) => text),
  ];
}

/** `length(value) = 20`, or a limit that a CHECK sets. */
function lengthIn(definitions: readonly string[]): number | null {
  const limits = definitions.flatMap((definition) =>
    [...definition.matchAll(/length\([^()]*(?:\([^()]*\))?[^()]*\)\s*(?:<=?|=)\s*(\d+)/gi)].map(([, n]) => Number(n)),
  );
  return limits.length === 0 ? null : Math.min(...limits);
}

async function lists(client: Client, sql: string, values: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ owner: string; name: string; value: string }>(sql, [...values]);
  const found = new Map<string, string[]>();
  for (const { owner, name, value } of rows) {
    const key = JSON.stringify([owner, name]);
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}

const LABELS = `
  SELECT n.nspname::text AS owner, t.typname::text AS name, e.enumlabel::text AS value
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace ORDER BY e.enumsortorder`;

const CONSTANTS = `
  SELECT c.relname::text AS owner, a.attname::text AS name, pg_get_constraintdef(k.oid) AS value
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  JOIN pg_constraint k ON k.contype = 'c' AND ((k.conrelid = c.oid AND a.attnum = ANY (k.conkey)) OR (k.contypid <> 0 AND k.contypid = a.atttypid))
  WHERE n.nspname = $1`;

const CONSTRAINTS = `
  SELECT c.relname::text AS owner, k.conname::text AS name, a.attname::text AS value
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) WHERE n.nspname = $1
  UNION
  SELECT c.relname::text, x.relname::text, a.attname::text
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE n.nspname = $1 AND a.attnum > 0
  UNION
  SELECT c.relname::text, k.conname::text, a.attname::text
  FROM pg_constraint k JOIN pg_attribute a ON a.atttypid = k.contypid JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND k.contypid <> 0 AND a.attnum > 0`;
