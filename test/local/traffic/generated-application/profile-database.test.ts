import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';

import {
  storedProfile,
  type DatabaseProfile,
  type ProfiledEntity,
} from '../../../../local/traffic/generated-application/database-profile.ts';
import { profileDatabase } from '../../../../local/traffic/generated-application/profile-database.ts';
import { argumentsOf } from '../../../../local/traffic/generated-application/reads.ts';
import { randomOf } from '../../../../examples/campaigns/generator/random.ts';
import type { Mapping } from '../../../../src/domain/mapping/mapping.ts';
import { patternQuery } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createDataApiSource } from '../../../../src/adapters/postgres/connection/data-api.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Harness, startHarness, TARGET } from '../../aws/data-api/harness.ts';

const SCHEMA = `
  CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(60) UNIQUE CHECK (email LIKE '%@%'));
  CREATE TABLE notes (id int PRIMARY KEY, level int NOT NULL CHECK (level < 3), words varchar(30), mood text CHECK (mood IN ('sad', 'glad')), touched timestamptz,
    shouted text GENERATED ALWAYS AS (upper(words)) STORED);
  CREATE TABLE audit (id serial PRIMARY KEY, note int, what text);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.touched := now(); INSERT INTO audit (note, what) VALUES (NEW.id, TG_OP); RETURN NEW; END $$;
  CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE TABLE hosts (id int PRIMARY KEY, name varchar(60) NOT NULL, name_upper varchar(60) NOT NULL DEFAULT '', seen int NOT NULL DEFAULT 0, kind text);
  CREATE FUNCTION name_upper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE hosts SET name_upper = upper(name) WHERE id = NEW.id AND name_upper <> upper(name); RETURN NULL; END $$;
  CREATE TRIGGER name_upper AFTER INSERT OR UPDATE OF name ON hosts FOR EACH ROW EXECUTE FUNCTION name_upper();
  CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE hosts SET seen = seen + 1 WHERE id = NEW.id; RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER seen AFTER UPDATE OF kind ON hosts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seen();
  INSERT INTO hosts VALUES (1, 'one', 'ONE', 0, 'a'), (2, 'two', 'TWO', 0, 'b');
  CREATE TABLE aliases (id int PRIMARY KEY, type int NOT NULL, begun int, words text, "isOver" boolean);
  CREATE FUNCTION hint() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.type = 77 THEN NEW.begun := NULL; -- NEW.type = 1
    END IF;
    IF NEW.words = 'over' THEN NEW."isOver" = true; END IF; RETURN NEW; END $$;
  CREATE TRIGGER hint BEFORE INSERT OR UPDATE ON aliases FOR EACH ROW EXECUTE FUNCTION hint();
  INSERT INTO aliases VALUES (1, 1, 1990, 'one'), (2, 2, 1991, 'two');
  CREATE TABLE sealed (id int PRIMARY KEY, words text, opener text);
  CREATE TABLE ruled (id int PRIMARY KEY, words text);
  CREATE TABLE ruled_child (PRIMARY KEY (id)) INHERITS (ruled);
  CREATE RULE ruled AS ON INSERT TO ruled WHERE new.id > 0 DO INSTEAD INSERT INTO ruled_child VALUES (new.*);
  CREATE TABLE links (note int REFERENCES notes, person int REFERENCES people, PRIMARY KEY (note, person));
  CREATE TABLE topped (id smallint PRIMARY KEY, words text);
  INSERT INTO topped VALUES (-5, 'low'), (7, 'some'), (32767, 'the highest');
  CREATE TABLE notices (person int PRIMARY KEY, words varchar(30) NOT NULL);
  CREATE TABLE empty (id uuid PRIMARY KEY, kind text NOT NULL);
  INSERT INTO people (email) SELECT 'p' || n || '@example.org' FROM generate_series(1, 9) n;
  INSERT INTO notices SELECT n, 'notice ' || n FROM generate_series(1, 9) n;
  ALTER TABLE notices ADD FOREIGN KEY (person) REFERENCES people;
  INSERT INTO notes SELECT n, 0, 'note ' || n, 'sad' FROM generate_series(1, 9) n;
  INSERT INTO sealed VALUES (1, 'as it was');
  CREATE FUNCTION seal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'sealed'; END $$;
  CREATE TRIGGER seal BEFORE INSERT OR UPDATE ON sealed FOR EACH ROW EXECUTE FUNCTION seal();
  INSERT INTO ruled VALUES (1, 'one'), (2, 'two');
  INSERT INTO links VALUES (1, 1), (2, 2);
  CREATE TABLE digests (hash bytea PRIMARY KEY CHECK (length(hash) = 4), owner bytea NOT NULL, tags text[] NOT NULL, host inet);
  INSERT INTO digests VALUES ('\\x00ff2325', '\\x23', '{"a#b",NULL}', '10.0.0.1')`;

const simple = (from: string) => ({
  from,
  key: { PK: `${from.toUpperCase()}#{id}`, SK: `${from.toUpperCase()}#{id}` },
});
const plan = planSchema.parse({
  name: 'odd',
  table: { name: 'odd', indexes: ['GSI1'] },
  entities: {
    PEOPLE: { ...simple('people'), unique: { email: '{email}' }, defaults: { id: 'counter' } },
    NOTES: simple('notes'),
    HOSTS: simple('hosts'),
    ALIASES: simple('aliases'),
    AUDIT: { ...simple('audit'), defaults: { id: 'counter' } },
    SEALED: { ...simple('sealed'), indexes: { GSI1: { PK: 'OPENER#{opener}', SK: 'SEALED#{id}' } } },
    RULED: simple('ruled'),
    TOPPED: simple('topped'),
    NOTICES: { from: 'notices', key: { PK: 'PEOPLE#{person}', SK: 'NOTICES#{person}' } },
    LINKS: { from: 'links', key: { PK: 'NOTE#{note}', SK: 'LINKS#{person}' } },
    DIGESTS: {
      from: 'digests',
      key: { PK: 'DIGESTS#{hash}', SK: 'DIGESTS#{hash}' },
      indexes: { GSI1: { PK: 'TAGS#{owner}#{tags}', SK: 'DIGESTS#{host}#{hash}' } },
    },
    EMPTY: { ...simple('empty'), indexes: { GSI1: { PK: 'KIND#{kind}', SK: 'EMPTY#{id}' } } },
  },
  patterns: {
    emptyOfKind: { entity: 'EMPTY', index: 'GSI1', SK: 'EMPTY#' },
    digestsOfTags: { entity: 'DIGESTS', index: 'GSI1', SK: 'DIGESTS#{host}#' },
    sealedOfOpener: { entity: 'SEALED', index: 'GSI1', SK: 'SEALED#' },
  },
});

let harness: Harness;
let mapping: Mapping;
let profile: DatabaseProfile;
let before: unknown;
let client: Client;

const everything = async (): Promise<unknown> =>
  (await client.query('SELECT (SELECT json_agg(n) FROM notes n) AS notes, (SELECT count(*) FROM audit) AS audit')).rows;

beforeAll(async () => {
  harness = await startHarness();
  client = new Client({ connectionString: harness.postgres.connectionString });
  await client.connect();
  await client.query(SCHEMA);
  before = await everything();
  const sql = createDataApiSource({ client: harness.client, ...TARGET });
  mapping = compilePlan(plan, await readCatalogue(sql, 'public'), {});
  profile = await profileDatabase(harness.postgres.connectionString, plan, mapping, 1);
}, 60_000);
afterAll(async () => {
  await client.end();
  await harness.stop();
});

function surveyed(name: string): ProfiledEntity {
  const found = profile.entities.find(({ entity }) => entity === name);
  if (found === undefined) throw new Error(`${name} was not surveyed`);
  return found;
}

test('what is tried is taken back', async () => {
  expect(await everything()).toEqual(before);
});

test('constraints and triggers that refuse a write keep it out of the traffic', () => {
  expect(surveyed('NOTES').updates).toEqual(expect.arrayContaining(['words', 'level']));
  expect(surveyed('NOTES').updates).not.toContain('mood');
  expect(surveyed('SEALED')).toMatchObject({ updates: [], inserts: 'never', deletes: false });
  expect(surveyed('PEOPLE')).toMatchObject({ updates: ['email'], inserts: 'never' });
});

test('columns that the database fills in itself are not promised', () => {
  expect(surveyed('NOTES').made.toSorted()).toEqual(['shouted', 'touched']);
  // By a BEFORE trigger, for some values only.
  expect(surveyed('ALIASES').made.toSorted()).toEqual(['begun', 'isOver']);
  // By AFTER triggers, one of them deferred.
  expect(surveyed('HOSTS').made.toSorted()).toEqual(['name_upper', 'seen']);
});

test('a table that triggers write to is left to them', () => {
  expect(surveyed('NOTES')).toMatchObject({ inserts: 'client', deletes: true });
  expect(surveyed('AUDIT')).toMatchObject({ updates: [], inserts: 'never', deletes: false });
});

test('where the highest value of a key is taken, new values come from the widest gap below', () => {
  expect(surveyed('TOPPED')).toMatchObject({ free: { id: { after: '7', before: '32767' } }, inserts: 'client' });
});

test('an insert that meets a row of its identity says nothing of what the database makes', () => {
  // Each person has a notice already.
  expect(surveyed('NOTICES')).toMatchObject({ made: [], inserts: 'never', updates: ['words'] });
});

test('where a rule takes the insert, only plain SQL inserts', () => {
  expect(surveyed('RULED')).toMatchObject({ inserts: 'plain', deletes: true, updates: ['words'] });
});

test('tables of key columns alone and empty tables have what can be had', () => {
  expect(surveyed('LINKS')).toMatchObject({ updates: [], inserts: 'client', deletes: true });
  expect(surveyed('EMPTY')).toMatchObject({ rows: [], inserts: 'never', finds: [{ kind: 'nobody' }] });
  expect(profile.patterns[0]).toEqual({
    name: 'emptyOfKind',
    entity: 'EMPTY',
    needs: ['kind'],
    range: null,
    prefix: null,
    filter: [],
    forms: {},
  });
});

test('arguments and new rows of bytea and arrays have the form that an application gives', () => {
  const pattern = profile.patterns.find(({ name }) => name === 'digestsOfTags');
  if (pattern === undefined) throw new Error('the pattern was not surveyed');
  const args = argumentsOf({ random: randomOf(1, 'arguments') }, profile, pattern);
  expect(args).toEqual({ owner: new Uint8Array([0x23]), tags: ['a#b', null], host: '10.0.0.1/32' });
  expect(() => patternQuery(mapping, 'digestsOfTags', args ?? {})).not.toThrow();
  expect(surveyed('DIGESTS')).toMatchObject({ inserts: 'client', deletes: true });
});

test('a pattern over a column that is NULL in every row is asked for somebody who is not there', () => {
  expect(surveyed('SEALED').finds).toEqual([{ opener: null }, { opener: 'nobody' }]);
});

test('a later start reads the profile of the first, and does not look again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portage-survey-'));
  try {
    const file = join(directory, 'profile.json');
    const first = await storedProfile(file, async () => profile);
    const later = await storedProfile(file, () => Promise.reject(new Error('PostgreSQL is gone')));
    expect(later).toEqual(first);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
