import type { Catalogue, CatalogueColumn, CatalogueTable, ForeignKey } from '../../src/domain/catalogue/catalogue.ts';
import type { EntityMapping, Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { planSchema, type Plan } from '../../src/domain/plan/plan.ts';
import type { ShardOwners } from '../../src/domain/ports/control.ts';
import type { RowImage } from '../../src/domain/row.ts';

type ColumnText = string | (Partial<CatalogueColumn> & { readonly type: string });

/** A column in short: `int4`, `text?` (may be NULL), `text[]`. */
export function column(name: string, spec: ColumnText): CatalogueColumn {
  const given = typeof spec === 'string' ? { type: spec } : spec;
  const array = given.type.endsWith('[]') || given.type.endsWith('[]?');
  return {
    name,
    kind: 'b',
    typeSchema: 'pg_catalog',
    precision: null,
    scale: null,
    length: null,
    hasDefault: false,
    defaultExpression: null,
    generated: false,
    notNull: !given.type.endsWith('?'),
    ...given,
    array,
    type: given.type.replace(/(?:\[\])?\??$/, ''),
  };
}

export interface TableText {
  readonly columns: Readonly<Record<string, ColumnText>>;
  readonly primaryKey?: readonly string[];
  readonly uniqueKeys?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly childColumns?: readonly string[];
  readonly foreignLeaves?: readonly string[];
}

export function catalogueOf(tables: Readonly<Record<string, TableText>>): Catalogue {
  const entries = Object.entries(tables).map(([name, table]): [string, CatalogueTable] => [
    name,
    {
      schema: 'public',
      name,
      leaves: [`public.${name}`],
      columns: Object.entries(table.columns).map(([columnName, spec]) => column(columnName, spec)),
      primaryKey: table.primaryKey ?? ['id'],
      uniqueKeys: table.uniqueKeys ?? [],
      foreignKeys: table.foreignKeys ?? [],
      ...(table.childColumns === undefined ? {} : { childColumns: table.childColumns }),
      ...(table.foreignLeaves === undefined ? {} : { foreignLeaves: table.foreignLeaves }),
    },
  ]);
  return { tables: Object.fromEntries(entries), fingerprint: 'test' };
}

/** A small relative of the reference application. */
export const tables: Readonly<Record<string, TableText>> = {
  users: {
    columns: {
      id: 'uuid',
      email: 'text',
      name: 'text',
      password_hash: 'text?',
      settings: 'jsonb?',
      tags: 'text[]?',
      created_at: 'timestamptz',
    },
    uniqueKeys: [['email']],
  },
  campaigns: {
    columns: { id: 'uuid', owner_id: 'uuid', title: 'text', budget: { type: 'numeric', precision: 12, scale: 2 } },
    foreignKeys: [{ columns: ['owner_id'], references: { table: 'users', columns: ['id'] } }],
  },
  sessions: {
    columns: {
      id: 'int8',
      user_id: 'uuid',
      campaign_id: 'uuid',
      started_at: 'timestamptz',
      ended_at: 'timestamptz?',
      transcript: 'text?',
      kind: { type: 'text', notNull: true },
    },
    foreignKeys: [
      { columns: ['user_id'], references: { table: 'users', columns: ['id'] } },
      { columns: ['campaign_id'], references: { table: 'campaigns', columns: ['id'] } },
    ],
  },
  states: { columns: { code: 'text' }, primaryKey: ['code'] },
};

export const catalogue = catalogueOf(tables);

export const planText = {
  name: 'campaigns',
  table: { name: 'campaigns', indexes: ['GSI1', 'GSI2'] },
  exclude: { states: 'static list' },
  entities: {
    USER: {
      from: 'users',
      key: { PK: 'USER#{id}', SK: 'USER#{id}' },
      indexes: { GSI1: { PK: 'EMAIL#{email|lower}', SK: 'USER#{id}' } },
      unique: { email: '{email}' },
      omit: ['password_hash'],
      maps: ['settings'],
      rename: { name: 'displayName' },
    },
    CAMPAIGN: {
      from: 'campaigns',
      key: { PK: 'CAMPAIGN#{id}', SK: 'CAMPAIGN#{id}' },
      indexes: { GSI1: { PK: 'OWNER#{owner_id}', SK: 'CAMPAIGN#{title}#{id}' } },
      immutable: ['owner_id'],
    },
    SESSION: {
      from: 'sessions',
      where: { kind: 'play' },
      key: { PK: 'USER#{user_id}', SK: 'SESSION#{campaign_id}#{id}' },
      indexes: {
        GSI2: { PK: 'OPEN#{campaign_id.owner_id}', SK: 'SESSION#{started_at}#{id}', when: { ended_at: null } },
      },
      shard: { by: 'id', over: 1000, into: 8 },
      large: { transcript: { pointer: 'transcriptS3Key', length: 'contentLength', over: 10 } },
    },
    NOTE: {
      from: 'sessions',
      where: { kind: 'note' },
      key: { PK: 'NOTES#{user_id}', SK: 'NOTE#{id}' },
    },
  },
  patterns: {
    userByEmail: { entity: 'USER', index: 'GSI1' },
    campaignsByTitle: { entity: 'CAMPAIGN', index: 'GSI1', prefix: 'title', filter: ['budget'] },
    sessionsOfCampaign: { entity: 'SESSION', SK: 'SESSION#{campaign_id}#' },
    openSessions: { entity: 'SESSION', index: 'GSI2', SK: 'SESSION#', range: 'started_at', order: 'desc', limit: 50 },
    userWithSessions: { entity: ['USER', 'SESSION'] },
  },
};

export const plan: Plan = planSchema.parse(planText);

export function mappingOf(shards: ShardOwners = {}): Mapping {
  return compilePlan(plan, catalogue, shards);
}

export function entityNamed(mapping: Mapping, name: string): EntityMapping {
  const entity = mapping.entities[name];
  if (entity === undefined) throw new Error(`no entity ${name}`);
  return entity;
}

export const ids = {
  user: '11111111-1111-4111-8111-111111111111',
  other: '22222222-2222-4222-8222-222222222222',
  campaign: '33333333-3333-4333-8333-333333333333',
} as const;

export const user: RowImage = {
  id: ids.user,
  email: 'Ann@Example.org',
  name: 'Ann',
  settings: '{"dark": true, "size": 12}',
  tags: '["a",null,""]',
  created_at: '2024-01-02 03:04:05.6789+00',
};

export const session: RowImage = {
  id: '-7',
  user_id: ids.user,
  campaign_id: ids.campaign,
  started_at: '2024-01-02 03:04:05+00',
  ended_at: null,
  transcript: 'short',
  kind: 'play',
  'campaign_id.owner_id': ids.other,
};
