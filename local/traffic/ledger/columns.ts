import { EntityType } from '../../../examples/campaigns/generated/entity-type.ts';

/** How a column's value is compared, whichever store and driver it came from. */
export type ColumnKind =
  'text' | 'padded' | 'number' | 'float' | 'timestamp' | 'boolean' | 'list' | 'json' | 'bytes' | 'body' | 'byte-body';

/** Where an entity's rows are stored, and the columns that the ledger promises. */
export interface EntityShape {
  /** Quoted if necessary. */
  readonly table: string;
  /** Columns that name a row; the ledger's id is their value, or the list of their values. */
  readonly identity: readonly string[];
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Attributes of columns that have another name in DynamoDB. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Attributes with the S3 key of a column's body, and its size. */
  readonly bodies: Readonly<Record<string, { readonly pointer: string; readonly length: string }>>;
}

export type Shapes = Readonly<Record<string, EntityShape>>;

export const ENTITIES = Object.values(EntityType);
export type EntityName = EntityType;

interface EntityColumns {
  readonly table: string;
  readonly columns: Readonly<Record<string, ColumnKind>>;
}

/**
 * The columns that the ledger promises per entity. The plan omits `password_hash`; `updated_at` is
 * set by a trigger, so the writer does not know it.
 */
export const COLUMNS: Readonly<Record<EntityName, EntityColumns>> = {
  USER: {
    table: 'users',
    columns: {
      id: 'text',
      email: 'text',
      display_name: 'text',
      bio: 'text',
      plan: 'text',
      is_active: 'boolean',
      birthday: 'text',
      avatar: 'bytes',
      tags: 'list',
      settings: 'json',
      created_at: 'timestamp',
    },
  },
  CAMPAIGN: {
    table: 'campaigns',
    columns: {
      id: 'text',
      owner_id: 'text',
      title: 'text',
      description: 'text',
      system: 'text',
      budget: 'number',
      is_public: 'boolean',
      tags: 'list',
      created_at: 'timestamp',
    },
  },
  SESSION: {
    table: 'sessions',
    columns: {
      id: 'text',
      user_id: 'text',
      campaign_id: 'text',
      number: 'number',
      title: 'text',
      started_at: 'timestamp',
      ended_at: 'timestamp',
      duration: 'number',
      summary: 'text',
      transcript: 'body',
    },
  },
  CHARACTER: {
    table: 'characters',
    columns: {
      id: 'text',
      user_id: 'text',
      campaign_id: 'text',
      name: 'text',
      class: 'text',
      level: 'number',
      is_alive: 'boolean',
      attributes: 'json',
      backstory: 'text',
      created_at: 'timestamp',
    },
  },
};

/** The same for those who read rows out of the stores. */
export const SHAPES: Shapes = Object.fromEntries(
  ENTITIES.map((name): [string, EntityShape] => [
    name,
    {
      ...COLUMNS[name],
      identity: ['id'],
      renamed: {},
      bodies: { transcript: { pointer: 'transcriptS3Key', length: 'contentLength' } },
    },
  ]),
);

/** Columns that make an entity's base key, for the client's calls by key. */
export const KEY_COLUMNS: Readonly<Record<EntityName, readonly string[]>> = {
  USER: ['id'],
  CAMPAIGN: ['id'],
  SESSION: ['id', 'user_id', 'campaign_id'],
  CHARACTER: ['id', 'campaign_id'],
};
