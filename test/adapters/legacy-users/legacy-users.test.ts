import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DatabasesFacts } from '../../../local/stack/databases.ts';
import { type ForkedPart, forkPart } from '../../../local/process/fork-part.ts';
import { createLegacyUsers } from '../../../src/adapters/legacy-users/legacy-users.ts';
import { createDataApiSource } from '../../../src/adapters/postgres/connection/data-api.ts';
import type { LegacyUsers } from '../../../src/domain/ports/legacy-users.ts';

const AUTH = { from: 'Users', username: 'user name', email: 'mail', passwordHash: 'hash', scheme: 'any' } as const;

let root: string;
let part: ForkedPart<DatabasesFacts>;
let client: RDSDataClient;
let users: LegacyUsers;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-legacy-'));
  part = await forkPart({
    name: 'databases',
    module: new URL('../../../local/stack/databases.ts', import.meta.url).href,
    options: { dataDir: join(root, 'databases') },
    facts: DatabasesFacts,
    logFile: join(root, 'databases.log'),
  });
  const { dataApiEndpoint, clusterArn, secretArn, database } = part.facts;
  client = new RDSDataClient({
    endpoint: dataApiEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const sql = createDataApiSource({ client, resourceArn: clusterArn, secretArn, database });
  await sql.query('CREATE TABLE "Users" ("user name" text, mail varchar(80), hash text)');
  await sql.query(`INSERT INTO "Users" VALUES ('Ann', 'Ann@x.org', 'h1'), ('ann', 'ann2@x.org', NULL),
    ('bob''); DROP TABLE x; --', 'bob@x.org', 'h3'), ('Ünal', 'u@x.org', 'h4'), (NULL, 'nobody@x.org', 'h5'), ('carl', NULL, 'h6')`);
  users = createLegacyUsers(sql, 'public', AUTH, () => Promise.reject(new Error('not asked')));
});

afterAll(async () => {
  client.destroy();
  await part.stop();
  rmSync(root, { recursive: true, force: true });
});

test('RACE-50 a name finds its users in every case, and is never taken for SQL', async () => {
  expect((await users.named('ANN')).map(({ email }) => email).toSorted()).toEqual(['Ann@x.org', 'ann2@x.org']);
  expect(await users.named("bob'); DROP TABLE x; --")).toEqual([
    { username: "bob'); DROP TABLE x; --", email: 'bob@x.org', passwordHash: 'h3' },
  ]);
  expect(await users.named('%')).toEqual([]);
});

test('pages cover everybody who can sign in, once, in the order of bytes', async () => {
  const names: string[] = [];
  for (let after: string | null = null; ;) {
    const page = await users.page(after, 2);
    names.push(...page.map(({ username }) => username));
    after = page.at(-1)?.username ?? null;
    if (page.length < 2) break;
  }
  expect(names).toEqual(['Ann', 'ann', "bob'); DROP TABLE x; --", 'Ünal']);
  expect(await users.count()).toBe(4);
});
