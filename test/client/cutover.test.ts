import { expect, test } from '@jest/globals';
import { user } from './rows.ts';
import { useFixture, type Fixture } from './fixture.ts';
import { EMPTY_BACKLOG } from '../empty-backlog.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started));

test('a dual write commits to both stores', async () => {
  await fixture.enter('dual');
  const client = await fixture.client();
  const row = user();
  expect(await client.put('USER', row)).toEqual({ id: row.id });
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.items()).toHaveLength(2);
  await client.update('USER', { id: row.id }, { bio: 'Hello' });
  expect(await client.get('USER', { id: row.id })).toMatchObject({ bio: 'Hello', email: row.email });
  expect(await fixture.differences()).toEqual([]);
  expect(await client.delete('USER', { id: row.id })).toBe(true);
  expect(await client.get('USER', { id: row.id })).toBeNull();
  expect(await fixture.differences()).toEqual([]);
  await client.close();
  expect(await fixture.intents.list()).toEqual([]);
  expect(await fixture.changelog.backlog()).toEqual(EMPTY_BACKLOG);
});

test('what is loaded equals the rows, and a second load writes nothing', async () => {
  await fixture.enter('load');
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) SELECT 'u' || i || '@x', 'N' || i, '{a,b}', '{"a": 1}' FROM generate_series(1, 600) i`,
  );
  await fixture.psql.query(
    `INSERT INTO campaigns (owner_id, title, system, budget, tags) SELECT id, 'T' || email, 'homebrew', 12.5, '{}' FROM users LIMIT 50`,
  );
  await fixture.psql.query(
    `INSERT INTO sessions (user_id, campaign_id, number, title, started_at, transcript)
     SELECT u.id, c.id, 1, 'S', now(), CASE WHEN random() < 0.5 THEN repeat('wörds ', 5000) END
     FROM campaigns c CROSS JOIN LATERAL (SELECT id FROM users LIMIT 2) u`,
  );
  for (const entity of ['USER', 'CAMPAIGN', 'SESSION', 'CHARACTER']) await fixture.load(entity);
  expect(await fixture.differences()).toEqual([]);
  const before = await fixture.items();
  expect(await fixture.load('USER')).toBe(600);
  expect(await fixture.items()).toEqual(before);
});
