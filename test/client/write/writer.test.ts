import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { WAYS } from '../../../local/engines/connect.ts';
import { installCapture } from '../../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../../src/adapters/postgres/removal/remove-capture.ts';
import { fence, unfence } from '../../../src/adapters/postgres/capture/fence.ts';
import type { ClientOptions } from '../../../src/client/options.ts';
import { relayOnce } from '../../../src/domain/protocol/relay.ts';
import { isTombstone, keyOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import { campaign, session, user } from '../rows.ts';
import { GENERATION, useFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

describe.each(WAYS)('by %s', (way) => {
  const open = (options: Partial<ClientOptions> = {}) => fixture.client({ source: fixture.sources[way], ...options });

  test('RACE-6 a writer that bypasses the client is relayed', async () => {
    const client = await open();
    const row = user();
    await client.put('USER', row);
    await fixture.psql.query(`UPDATE users SET bio = 'from psql' WHERE id = $1`, [row.id]);
    await fixture.psql.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ('p@x', 'P', '{}', '{}')`);
    expect(await fixture.differences()).not.toEqual([]);
    expect(await fixture.relay()).toEqual({ done: 2, parked: 0, more: false });
    expect(await fixture.differences()).toEqual([]);
    expect(await fixture.relay()).toEqual({ done: 0, parked: 0, more: false });
  });

  test('RACE-2 RACE-3 a row that is deleted and inserted again stands, whatever the order of arrival', async () => {
    const client = await open();
    const row = user();
    await client.put('USER', row);
    await fixture.psql.query('DELETE FROM users WHERE id = $1', [row.id]);
    const [deletion] = await fixture.changelog.pending(10);
    await fixture.psql.query(
      `INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, $2, 'again', '{}', '{}')`,
      [row.id, row.email],
    );
    await fixture.relay();
    expect(await fixture.differences()).toEqual([]);
    // The deletion arrives once more, late.
    await fixture.psql.query('DELETE FROM portage.done WHERE seq = $1', [deletion?.seq]);
    await fixture.relay();
    expect(await fixture.differences()).toEqual([]);
  });

  test('RACE-15 concurrent writers of one row leave the last commit in both stores', async () => {
    const client = await open();
    const row = user();
    await client.put('USER', row);
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        n % 2 === 0
          ? client.update('USER', { id: row.id }, { bio: `bio ${n}` })
          : fixture.psql
              .query('SELECT 1')
              .then(() => client.update('USER', { id: row.id }, { display_name: `name ${n}` })),
      ),
    );
    await client.close();
    expect(await fixture.differences()).toEqual([]);
    expect(await fixture.intents.list()).toEqual([]);
  });

  test('RACE-15 what the relay carries late covers no later dual write', async () => {
    const client = await open();
    const row = user();
    await client.put('USER', row);
    await fixture.psql.query(`UPDATE users SET bio = 'early' WHERE id = $1`, [row.id]);
    const relayed = await relayOnce(fixture, {
      mapping: fixture.mapping,
      generation: GENERATION,
      limit: 500,
      at: '',
      hook: async (step) => {
        if (step === 'flushed') await client.update('USER', { id: row.id }, { bio: 'late' });
      },
    });
    expect(relayed).toMatchObject({ done: 1, parked: 0 });
    expect(await fixture.differences()).toEqual([]);
  });

  test('RACE-22 a row whose key changes moves, and nothing stays behind', async () => {
    const client = await open();
    const [one, two] = [user(), user()];
    const home = campaign(one.id);
    const transcript = 'Long ago… '.repeat(3_000);
    const night = session(one.id, home.id, { transcript });
    await client.transact([
      { put: 'USER', row: one },
      { put: 'USER', row: two },
      { put: 'CAMPAIGN', row: home },
      { put: 'SESSION', row: night },
    ]);
    expect(await fixture.differences()).toEqual([]);
    await client.update('SESSION', { id: night.id }, { user_id: two.id });
    expect(await fixture.differences()).toEqual([]);
    await fixture.psql.query('UPDATE sessions SET user_id = $1 WHERE id = $2', [one.id, night.id]);
    await fixture.relay();
    expect(await fixture.differences()).toEqual([]);
    const found = await client.get('SESSION', { id: night.id, user_id: one.id, campaign_id: home.id });
    expect(found?.['transcript']).toBe(transcript);
  });

  test('RACE-22 a row whose identity changes keeps its unique value: given up under the old one first, then taken', async () => {
    const client = await open();
    const [row, { id: next }, { id: last }] = [user(), user(), user()];
    await client.put('USER', row);
    await client.sql('identity', (tx) =>
      tx.query('UPDATE users SET id = CAST(:next AS uuid) WHERE id = CAST(:id AS uuid)', { id: row.id, next }),
    );
    expect(await fixture.differences()).toEqual([]);
    await fixture.psql.query('UPDATE users SET id = $2 WHERE id = $1', [next, last]);
    await fixture.relay();
    expect(await fixture.differences()).toEqual([]);
  });

  test('RACE-21 a unique value passes from one row to another', async () => {
    const client = await open();
    const [one, two] = [user({ email: 'one@x' }), user({ email: 'two@x' })];
    await client.transact([
      { put: 'USER', row: one },
      { put: 'USER', row: two },
    ]);
    await expect(client.update('USER', { id: two.id }, { email: 'one@x' })).rejects.toMatchObject({
      name: 'UniqueTaken',
      retryable: false,
    });
    await client.transact([
      { update: 'USER', key: { id: one.id }, changes: { email: 'three@x' } },
      { update: 'USER', key: { id: two.id }, changes: { email: 'one@x' } },
    ]);
    expect(await fixture.differences()).toEqual([]);
    const claims = (await fixture.items()).filter((item) => keyOfItem(item).SK === 'UNIQUE' && !isTombstone(item));
    expect(new Map(claims.map((item) => [keyOfItem(item).PK, item['_i']]))).toEqual(
      new Map([
        ['UNIQUE#USER#email#one@x', { L: [{ S: two.id }] }],
        ['UNIQUE#USER#email#three@x', { L: [{ S: one.id }] }],
      ]),
    );
  });

  test('RACE-20 RACE-57 what triggers make of a row is what both stores hold', async () => {
    const client = await open();
    const row = user({ updated_at: '2001-01-01T00:00:00Z' });
    await client.put('USER', row);
    await client.update('USER', { id: row.id }, { bio: 'x' });
    expect(await fixture.differences()).toEqual([]);
    expect((await client.get('USER', { id: row.id }))?.['updated_at']).not.toMatch(/^2001/);
  });

  test('RACE-13 what the target cannot take is refused before anything is written', async () => {
    const client = await open();
    const row = user({ bio: 'x'.repeat(500_000) });
    await expect(client.put('USER', row)).rejects.toMatchObject({ name: 'ItemTooLarge', retryable: false });
    expect(await client.get('USER', { id: row.id })).toBeNull();
    expect(await fixture.items()).toEqual([]);
  });

  test('RACE-18 RACE-76 more than a hundred rows are refused, or follow by the relay where the caller says so', async () => {
    const client = await open();
    const many = (relay: boolean) =>
      client.sql(
        'test',
        (tx) =>
          tx.query(
            `INSERT INTO users (email, display_name, tags, settings) SELECT 'm' || i, 'M', '{}', '{}' FROM generate_series(1, 150) i`,
          ),
        { relay },
      );
    await expect(many(false)).rejects.toMatchObject({ name: 'TooManyImages' });
    expect(await fixture.changelog.pending(10)).toEqual([]);
    await many(true);
    expect(await fixture.relay()).toMatchObject({ done: 150, parked: 0 });
    expect(await fixture.differences()).toEqual([]);
  });

  test('RACE-25 a dual write does not come back through the relay', async () => {
    const client = await open();
    await client.sql('report', (tx) =>
      tx.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ('s@x', 'S', '{}', '{}')`),
    );
    expect(await fixture.differences()).toEqual([]);
    expect(await fixture.relay()).toEqual({ done: 0, parked: 0, more: false });
    // Once under its call site, once in all.
    expect(fixture.observed.sum('SqlUses')).toBe(2);
  });

  test('RACE-74 an item without a version gives way, one with a version that is no number is parked', async () => {
    const row = user();
    const key = { PK: { S: `USER#${row.id}` }, SK: { S: `USER#${row.id}` } };
    await fixture.dynamo.send(
      new PutItemCommand({ TableName: fixture.plan.table.name, Item: { ...key, note: { S: 'mine' } } }),
    );
    const client = await open();
    await client.put('USER', row);
    expect(await fixture.differences()).toEqual([]);
    await fixture.dynamo.send(
      new PutItemCommand({ TableName: fixture.plan.table.name, Item: { ...key, _v: { S: 'odd' } } }),
    );
    await fixture.psql.query(`UPDATE users SET bio = 'x' WHERE id = $1`, [row.id]);
    expect(await fixture.relay()).toMatchObject({ parked: 1 });
    expect(await fixture.changelog.backlog()).toMatchObject({ pending: 0, parked: 1 });
  });

  test('RACE-16 an update of one column keeps the others', async () => {
    const client = await open();
    const row = user({ bio: 'kept', birthday: '1990-05-06' });
    await client.put('USER', row);
    await client.put('USER', { id: row.id, email: row.email, display_name: 'new', tags: [], settings: {} });
    expect(await fixture.differences()).toEqual([]);
    expect(await client.get('USER', { id: row.id })).toMatchObject({
      bio: 'kept',
      birthday: '1990-05-06',
      display_name: 'new',
    });
  });

  test('an update of a row that is not there says so, and writes nothing', async () => {
    const client = await open();
    await expect(client.update('USER', { id: user().id }, { bio: 'x' })).rejects.toMatchObject({ name: 'RowNotFound' });
    expect(await client.delete('USER', { id: user().id })).toBe(false);
    expect(await fixture.items()).toEqual([]);
  });

  test('RACE-71 a TRUNCATE is refused while capture is installed', async () => {
    await expect(fixture.psql.query('TRUNCATE characters')).rejects.toThrow('cannot be truncated');
    await fixture.psql.query('BEGIN');
    await fixture.psql.query('SET LOCAL session_replication_role = replica');
    await fixture.psql.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ('r@x', 'R', '{}', '{}')`);
    await fixture.psql.query('COMMIT');
    expect(await fixture.changelog.pending(10)).toHaveLength(1);
  });

  test('RACE-78 behind the fence every write is refused, whoever sends it', async () => {
    const client = await open();
    const row = user();
    await client.put('USER', row);
    await fence(fixture.sources[way]);
    await expect(fixture.psql.query(`UPDATE users SET bio = 'late'`)).rejects.toThrow('takes no more writes');
    await expect(client.update('USER', { id: row.id }, { bio: 'late' })).rejects.toMatchObject({ retryable: true });
    await unfence(fixture.sources[way]);
    await client.update('USER', { id: row.id }, { bio: 'again' });
    expect(await fixture.differences()).toEqual([]);
  });

  test('capture is removed without a trace and installed again', async () => {
    await removeCapture(fixture.sources[way]);
    const left = await fixture.psql.query(
      `SELECT tgname FROM pg_trigger WHERE tgname LIKE 'portage%' UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'portage'`,
    );
    expect(left.rows).toEqual([]);
    await installCapture(fixture.sources[way], fixture.mapping, 1);
  });
});
