import { existsSync, readFileSync } from 'node:fs';

import * as z from 'zod';

import { writeAtomic } from '../../process/write-atomic.ts';

const texts = z.record(z.string(), z.string().nullable());
const kind = z.enum([
  'text',
  'padded',
  'number',
  'float',
  'timestamp',
  'boolean',
  'list',
  'json',
  'bytes',
  'body',
  'byte-body',
]);

const column = z.object({
  name: z.string(),
  attribute: z.string(),
  /** How its values are canonicalised; null = the ledger promises nothing about it. */
  kind: kind.nullable(),
  /** By the mapping's names of kinds: `integer`, `enum`, `other`. */
  type: z.string(),
  typeName: z.string(),
  length: z.number().nullable(),
  precision: z.number().nullable(),
  scale: z.number().nullable(),
  /** PostgreSQL fills it in where a writer leaves it out. */
  filled: z.boolean(),
  /** Optional for writers. */
  optional: z.boolean(),
  nullable: z.boolean(),
  unique: z.boolean(),
  /** Table and column that its foreign key leads to; one of several columns goes with the others only. */
  references: z.object({ table: z.string(), column: z.string(), alone: z.boolean() }).nullable(),
  labels: z.array(z.string()),
  /** Bytes above which the value is stored in S3. */
  over: z.number().nullable(),
});

const entity = z.object({
  entity: z.string(),
  relation: z.string(),
  /** The root's name, quoted. */
  table: z.string(),
  identity: z.array(z.string()),
  /** The columns of a key for the client: the identity and the columns of the item's key. */
  key: z.array(z.string()),
  columns: z.array(column),
  bodies: z.record(z.string(), z.object({ pointer: z.string(), length: z.string() })),
  /** Columns that no update may touch by the plan. */
  fixed: z.array(z.string()),
  /** Some of its rows, in canonical form. */
  rows: z.array(texts),
  /** Arguments of patterns that find some of its rows, in canonical text. */
  finds: z.array(texts),
  /** Between these values no row has one, by integer column; absent where every value is taken. */
  free: z.record(z.string(), z.object({ after: z.string(), before: z.string() })),
  /** Determined by dry runs: which writes PostgreSQL accepts, and how it changes them. */
  updates: z.array(z.string()),
  inserts: z.enum(['client', 'plain', 'never']),
  deletes: z.boolean(),
  made: z.array(z.string()),
});

const pattern = z.object({
  name: z.string(),
  entity: z.string(),
  /** Required columns and followed paths. */
  needs: z.array(z.string()),
  range: z.string().nullable(),
  prefix: z.string().nullable(),
  filter: z.array(z.string()),
  /** Arguments that an application gives in another form than text. */
  forms: z.record(z.string(), z.enum(['bytes', 'list'])),
});

const profile = z.object({ entities: z.array(entity), patterns: z.array(pattern) });

export type ProfiledColumn = z.infer<typeof column>;
export type ProfiledEntity = z.infer<typeof entity>;
export type ProfiledPattern = z.infer<typeof pattern>;

/** What a program can learn about an unknown application's data before the migration. */
export type DatabaseProfile = z.infer<typeof profile>;

/**
 * Returns the profile of an earlier start, or a new one: later PostgreSQL may be deleted, or its
 * rows may have changed.
 */
export async function storedProfile(file: string, take: () => Promise<DatabaseProfile>): Promise<DatabaseProfile> {
  if (existsSync(file)) return profile.parse(JSON.parse(readFileSync(file, 'utf8')));
  const taken = await take();
  writeAtomic(file, JSON.stringify(taken));
  return taken;
}

/** Whether a value can be an argument: no key holds an empty text. */
export function isGiven(text: string | null | undefined): boolean {
  return text !== null && text !== undefined && text !== '';
}
