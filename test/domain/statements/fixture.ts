import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue } from '../../../src/domain/catalogue/catalogue.ts';
import { type Plan, planSchema } from '../../../src/domain/plan/plan.ts';
import { catalogueOf } from '../campaigns.ts';

/** The tables of examples/campaigns, as `schema.sql` declares them. */
export const catalogue: Catalogue = catalogueOf({
  users: {
    columns: {
      id: 'uuid',
      email: 'text',
      display_name: 'text',
      bio: 'text?',
      password_hash: 'text?',
      plan: { type: 'plan_tier', kind: 'e' },
      is_active: 'bool',
      birthday: 'date?',
      avatar: 'bytea?',
      tags: 'text[]',
      settings: 'jsonb',
      created_at: 'timestamptz',
      updated_at: 'timestamptz',
    },
    uniqueKeys: [['email']],
  },
  campaigns: {
    columns: {
      id: 'uuid',
      owner_id: 'uuid',
      title: 'text',
      description: 'text?',
      system: { type: 'game_system', kind: 'e' },
      budget: { type: 'numeric', precision: 12, scale: 2 },
      is_public: 'bool',
      tags: 'text[]',
      created_at: 'timestamptz',
      updated_at: 'timestamptz',
    },
    foreignKeys: [{ columns: ['owner_id'], references: { table: 'users', columns: ['id'] } }],
  },
  sessions: {
    columns: {
      id: 'uuid',
      user_id: 'uuid',
      campaign_id: 'uuid',
      number: 'int4',
      title: 'text',
      started_at: 'timestamptz',
      ended_at: 'timestamptz?',
      duration: { type: 'numeric?', precision: 6, scale: 2 },
      summary: 'text?',
      transcript: 'text?',
      updated_at: 'timestamptz',
    },
    foreignKeys: [
      { columns: ['user_id'], references: { table: 'users', columns: ['id'] } },
      { columns: ['campaign_id'], references: { table: 'campaigns', columns: ['id'] } },
    ],
  },
  characters: {
    columns: {
      id: 'uuid',
      user_id: 'uuid',
      campaign_id: 'uuid',
      name: 'text',
      class: 'text',
      level: 'int4',
      is_alive: 'bool',
      attributes: 'jsonb',
      backstory: 'text?',
      created_at: 'timestamptz',
      updated_at: 'timestamptz',
    },
    foreignKeys: [
      { columns: ['user_id'], references: { table: 'users', columns: ['id'] } },
      { columns: ['campaign_id'], references: { table: 'campaigns', columns: ['id'] } },
    ],
  },
  conditions: { columns: { name: 'text', description: 'text' }, primaryKey: ['name'] },
});

/** The plan of examples/campaigns. */
export const plan: Plan = planSchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../examples/campaigns/plan.json'), 'utf8')),
);
