import * as z from 'zod';
import { HASH_COST } from './hash-cost.ts';

const name = z.string().min(1);
const template = z.string().min(1);
const comparable = z.union([z.string(), z.number(), z.boolean()]);
const jsonConstant = z.union([...comparable.options, z.null()]);
const conditions = z.record(name, jsonConstant);
const when = z.record(
  name,
  z.union([
    jsonConstant,
    z.strictObject({ in: z.array(comparable).min(1) }),
    z.strictObject({ not: z.union([jsonConstant, z.array(comparable).min(1)]) }),
  ]),
);
const keyTemplate = z.strictObject({ PK: template, SK: template });

const uniqueRule = z.union([
  template,
  z.strictObject({
    key: template,
    when: when.optional(),
    nulls: z.enum(['distinct', 'same']).default('distinct'),
  }),
]);

const large = z.strictObject({
  pointer: name,
  length: name.optional(),
  over: z.number().int().nonnegative().optional(),
});

const entity = z.strictObject({
  from: name,
  where: conditions.optional(),
  identity: z.array(name).min(1).optional(),
  key: keyTemplate,
  indexes: z.record(name, keyTemplate.extend({ when: when.optional() })).default({}),
  unique: z.record(name, uniqueRule).default({}),
  rename: z.record(name, name).default({}),
  omit: z.array(name).default([]),
  immutable: z.array(name).default([]),
  shard: z
    .strictObject({ by: name, over: z.number().int().positive(), into: z.number().int().min(2).max(256) })
    .optional(),
  large: z.record(name, large).default({}),
  maps: z.array(name).default([]),
  expires: name.optional(),
  defaults: z
    .record(
      name,
      z.union([
        z.literal('uuid'),
        z.literal('now'),
        z.strictObject({ now: z.iso.duration() }),
        z.literal('counter'),
        z.strictObject({ constant: z.json() }),
      ]),
    )
    .default({}),
});

const pattern = z.strictObject({
  entity: z.union([name, z.array(name).min(2)]),
  index: name.optional(),
  SK: template.optional(),
  range: name.optional(),
  prefix: name.optional(),
  filter: z.array(name).optional(),
  order: z.enum(['asc', 'desc']).default('asc'),
  limit: z.number().int().positive().optional(),
});

/** The plan file: what moves, under which keys, with which thresholds (docs/plan.md). The single source of the mapping. */
export const planSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  source: z.strictObject({ schema: name.default('public') }).default({ schema: 'public' }),
  table: z.strictObject({ name: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/), indexes: z.array(name).default([]) }),
  exclude: z.record(name, z.string().min(1)).default({}),
  entities: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), entity),
  patterns: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), pattern).default({}),
  auth: z
    .strictObject({
      from: name,
      username: name,
      email: name,
      passwordHash: name,
      scheme: z.enum(['bcrypt', 'argon2', 'scrypt', 'pbkdf2', 'any']).default('any'),
      /** The beginning of most hashes, up to the salt: unknown users take as long as a hash of this cost. */
      cost: z
        .string()
        .regex(new RegExp(`${HASH_COST.source}$`), 'is the beginning of a hash, up to its salt, as in $2b$12$')
        .optional(),
    })
    .optional(),
  /** Leases and deadlines of the write protocol, in seconds (docs/protocol.md, modes and rule d). */
  writes: z
    .strictObject({ leaseSeconds: z.number().positive().default(5), deadlineSeconds: z.number().positive().default(5) })
    .default({ leaseSeconds: 5, deadlineSeconds: 5 }),
  window: z
    .strictObject({
      days: z.number().int().positive().default(14),
      cleanNights: z.number().int().positive().default(7),
      alarmPercent: z.number().positive().default(1),
    })
    .default({ days: 14, cleanNights: 7, alarmPercent: 1 }),
  /** While verifying, how long PostgreSQL may take for one row by its key, at the 99th percentile, before the run slows down. */
  verification: z.strictObject({ sourceP99Ms: z.number().positive().default(500) }).default({ sourceP99Ms: 500 }),
  cutover: z
    .strictObject({
      stages: z.array(z.number().int().min(1).max(100)).default([10, 50, 100]),
      bakeMinutes: z.number().positive().default(60),
      minSamples: z.number().int().positive().default(500),
      maxErrorRate: z.number().positive().default(0.01),
      maxLatencyRatio: z.number().positive().default(1.5),
      /** A p99 up to this many milliseconds passes whatever the ratio: 9 ms against 5 ms is no reason to return reads. */
      toleratedP99Ms: z.number().nonnegative().default(20),
    })
    .default({
      stages: [10, 50, 100],
      bakeMinutes: 60,
      minSamples: 500,
      maxErrorRate: 0.01,
      maxLatencyRatio: 1.5,
      toleratedP99Ms: 20,
    }),
  sizes: z
    .strictObject({
      alarmBytes: z.number().int().positive().default(204_800),
      maxInlineBytes: z.number().int().positive().default(102_400),
    })
    .default({ alarmBytes: 204_800, maxInlineBytes: 102_400 }),
  search: z
    .strictObject({
      maxRcuPerSearch: z.number().positive().default(10),
      maxFilteredItems: z.number().int().positive().default(100),
    })
    .default({ maxRcuPerSearch: 10, maxFilteredItems: 100 }),
  /** What DDL in the source leads to while the migration runs (docs/plan.md, ddl). All other changes of mapped columns, keys and tables halt it. */
  ddl: z
    .strictObject({
      unmappedTable: z.enum(['note', 'halt']).default('note'),
      /** `carry`: it becomes an attribute of its own name; `note`: it is left out. */
      columnAdded: z.enum(['carry', 'note', 'halt']).default('carry'),
      partitionAdded: z.enum(['adopt', 'halt']).default('adopt'),
      partitionRemoved: z.enum(['note', 'halt']).default('halt'),
      /** Of an index behind a rule of `unique`: from then on PostgreSQL takes rows that DynamoDB refuses once it is alone. */
      uniqueDropped: z.enum(['note', 'halt']).default('halt'),
    })
    .default({
      unmappedTable: 'note',
      columnAdded: 'carry',
      partitionAdded: 'adopt',
      partitionRemoved: 'halt',
      uniqueDropped: 'halt',
    }),
  decommission: z
    .strictObject({
      graceDays: z.number().int().nonnegative().default(7),
      /** Logins of PostgreSQL that the application's dual writes use: they are not locked out for the grace days. */
      keepLogins: z.array(name).default([]),
    })
    .default({ graceDays: 7, keepLogins: [] }),
});

/** How the draft begins a reason in `exclude` that a person has to replace. */
export const UNDECIDED = 'DECIDE';

export type Plan = z.infer<typeof planSchema>;
export type EntityPlan = Plan['entities'][string];
export type PatternPlan = Plan['patterns'][string];
