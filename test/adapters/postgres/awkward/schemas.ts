/** A schema that is awkward to move, a plan for it, and what the check has to say: finding, its place, its evidence. */
export interface Awkward {
  readonly schema?: string;
  /** The login that asks; the superuser unless given. */
  readonly login?: string;
  readonly sql: string;
  readonly plan: Readonly<Record<string, unknown>>;
  readonly indexes?: readonly string[];
  readonly findings: readonly (readonly [name: string, severity: string, path: string, evidence: RegExp])[];
}

const byId = (entity: string, from: string, more: Readonly<Record<string, unknown>> = {}) => ({
  [entity]: { from, key: { PK: `${entity}#{id}`, SK: `${entity}#{id}` }, ...more },
});

export const SCHEMAS: Readonly<Record<string, Awkward>> = {
  'tables without a key that orders writes': {
    sql: `
      CREATE TABLE logs (at timestamptz NOT NULL, line text NOT NULL);
      CREATE TABLE seats (id int PRIMARY KEY DEFERRABLE, label text);
      INSERT INTO logs VALUES (now(), 'a'), (now(), 'b');`,
    plan: {
      entities: {
        LOG: { from: 'logs', key: { PK: 'LOG#{line}', SK: 'LOG#{at}' } },
        ...byId('SEAT', 'seats'),
      },
    },
    findings: [
      ['identity-missing', 'blocks', 'entities.LOG', /logs has no primary key/],
      ['identity-missing', 'blocks', 'entities.SEAT', /deferrable/],
      ['key-deferrable', 'warns', 'entities.SEAT', /seats_pkey/],
    ],
  },
  'what capture would not get along with': {
    sql: `
      CREATE SCHEMA portage; CREATE TABLE portage.shipments (id int);
      CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION partial FOR TABLE portage.shipments;
      CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE size AS ENUM ('s', 'm'); CREATE DOMAIN feeling AS mood;
      CREATE TABLE labels (mood int PRIMARY KEY, label text);
      CREATE FUNCTION label(m mood) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT l.label FROM labels l LIMIT 1); END';
      CREATE FUNCTION spell(s size) RETURNS text IMMUTABLE RETURN CASE WHEN s = 's' THEN 'small' ELSE 'middle' END;
      CREATE CAST (mood AS text) WITH FUNCTION label(mood); CREATE CAST (size AS text) WITH FUNCTION spell(size);
      CREATE TABLE shirts (id int PRIMARY KEY, worn feeling, moods mood[], size size, spare mood, plain text);`,
    plan: { entities: byId('SHIRT', 'shirts', { omit: ['spare'] }), exclude: { labels: 'no matter' } },
    findings: [
      ['schema-portage', 'blocks', 'source', /a schema portage of its own/],
      ['publication-all-tables', 'warns', 'source', /^publication everything is FOR ALL TABLES/],
      [
        'cast-function',
        'blocks',
        'entities.SHIRT',
        /^worn \(mood\) is turned into text by label\(mood\), which reads other tables/,
      ],
      ['cast-function', 'blocks', 'entities.SHIRT', /^moods \(mood\)/],
      ['cast-function', 'warns', 'entities.SHIRT', /^size \(size\) is turned into text by spell\(size\)$/],
    ],
  },
  'keys that are NULL or empty': {
    sql: `
      CREATE TABLE tags (id int PRIMARY KEY, owner text, name text NOT NULL, note text);
      INSERT INTO tags VALUES (1, 'ann', 'x', 'n'), (2, NULL, 'y', NULL), (3, 'bob', '', ''), (4, '', 'z', NULL);`,
    indexes: ['GSI1'],
    plan: {
      entities: {
        TAG: {
          from: 'tags',
          key: { PK: 'OWNER#{owner}', SK: 'TAG#{name}#{id}' },
          indexes: { GSI1: { PK: '{note}', SK: 'TAG#{id}' } },
        },
      },
    },
    findings: [
      ['key-nullable', 'blocks', 'entities.TAG.key.PK', /owner may be NULL/],
      ['key-null', 'blocks', 'entities.TAG.key.PK', /owner is NULL in 1 row, as in \["2"\]/],
      ['index-sparse', 'informs', 'entities.TAG.indexes.GSI1.PK', /note is NULL in 2 rows/],
      ['key-empty', 'blocks', 'entities.TAG.indexes.GSI1.PK', /note is empty in 1 row, as in \["3"\]/],
    ],
  },
  'inheritance with columns and keys of its own': {
    sql: `
      CREATE TABLE cities (id int PRIMARY KEY, name text NOT NULL);
      CREATE TABLE capitals (state text) INHERITS (cities);
      INSERT INTO cities VALUES (1, 'Bonn'), (2, 'Ulm');
      INSERT INTO capitals VALUES (1, 'Berlin', 'DE');`,
    plan: { entities: byId('CITY', 'cities') },
    findings: [
      ['child-column', 'blocks', 'entities.CITY', /capitals\.state is a column that cities does not have/],
      ['identity-not-enforced', 'warns', 'entities.CITY', /inheritance children/],
      ['key-duplicate', 'blocks', 'entities.CITY.key', /2 rows share 1 key, among them \["1"\]/],
    ],
  },
  'values without a faithful form': {
    sql: `
      CREATE TABLE prices (id int PRIMARY KEY, price money, origin regclass, exact numeric, rate float8, until timestamptz NOT NULL, day date NOT NULL);
      INSERT INTO prices VALUES (1, 1, 'prices', 1.5, 1.5, now(), '2024-01-01'), (2, 1, NULL, 1e130, 1e300, 'infinity', '0044-03-15 BC'),
        (3, 1, NULL, 123456789012345678901234567890123456789, 'NaN', now(), '2024-01-01');`,
    indexes: ['GSI1'],
    plan: {
      entities: byId('PRICE', 'prices', { indexes: { GSI1: { PK: 'DAY#{day}', SK: 'PRICE#{until}#{id}' } } }),
    },
    findings: [
      ['type-locale', 'warns', 'entities.PRICE', /price is money/],
      ['type-unfaithful', 'blocks', 'entities.PRICE', /origin is regclass/],
      ['number-out-of-range', 'blocks', 'entities.PRICE', /exact: 2 values/],
      ['number-out-of-range', 'warns', 'entities.PRICE', /rate: 2 values/],
      ['key-value-refused', 'blocks', 'entities.PRICE.indexes.GSI1.PK', /day .* 1 row, as in \["2"\]/],
    ],
  },
  'rows larger than items': {
    sql: `
      CREATE TABLE papers (id int PRIMARY KEY, body text, scan bytea);
      INSERT INTO papers SELECT n, repeat('x', CASE n WHEN 1 THEN 420000 WHEN 2 THEN 250000 ELSE 10 END), NULL FROM generate_series(1, 20) AS n;
      INSERT INTO papers VALUES (99, NULL, decode(repeat('00', 300000), 'hex'));`,
    plan: { entities: byId('PAPER', 'papers') },
    findings: [
      [
        'item-too-large',
        'blocks',
        'entities.PAPER',
        /1 item would exceed 400 KB, the largest of 410\.\d KB from row \["1"\]/,
      ],
      ['item-large', 'warns', 'entities.PAPER', /3 items would exceed 200 KB .* from row \["1"\]/],
    ],
  },
  'keys longer than DynamoDB takes': {
    sql: `
      CREATE TABLE pages (url text PRIMARY KEY, title text NOT NULL);
      INSERT INTO pages VALUES ('a', 'b'), ('https://' || repeat('é', 1020), 'x'), ('b', repeat('#', 340));`,
    plan: { entities: { PAGE: { from: 'pages', key: { PK: 'PAGE#{url}', SK: 'PAGE#{title}' } } } },
    findings: [
      ['key-too-long', 'blocks', 'entities.PAGE.key.PK', /1 key would exceed 2048 bytes, the longest of 2053 from row/],
      [
        'key-too-long',
        'blocks',
        'entities.PAGE.key.SK',
        /1 key would exceed 1024 bytes, the longest of 1025 from row \["b"\]/,
      ],
    ],
  },
  'rows that would share a key': {
    sql: `
      CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL UNIQUE, nick text);
      INSERT INTO people VALUES (1, 'Ann@x.org', 'a'), (2, 'ann@x.org', 'a'), (3, 'bob@x.org', NULL), (4, 'eve@x.org', NULL);
      CREATE UNIQUE INDEX people_nick ON people (nick) WHERE id > 100;
      CREATE UNIQUE INDEX people_lower ON people (lower(nick), id);`,
    plan: { entities: byId('PERSON', 'people', { unique: { email: '{email|lower}', nick: '{nick}' } }) },
    findings: [
      ['unique-stricter', 'warns', 'entities.PERSON.unique.email', /lower case/],
      ['unique-unproven', 'warns', 'entities.PERSON.unique.nick', /nick/],
      ['key-duplicate', 'blocks', 'entities.PERSON.unique.email', /2 rows share 1 key, among them \["1"\]/],
      ['key-duplicate', 'blocks', 'entities.PERSON.unique.nick', /2 rows share 1 key/],
      ['unique-conditional', 'warns', 'entities.PERSON.unique', /people_nick: .*WHERE/],
    ],
  },
  'owners and searches that weigh too much': {
    sql: `
      CREATE TABLE shops (id int PRIMARY KEY, name text NOT NULL);
      CREATE TABLE orders (id int PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, state text NOT NULL, note text);
      CREATE TABLE hits (id int PRIMARY KEY, shop_id int NOT NULL);
      INSERT INTO shops VALUES (1, 'big'), (2, 'small');
      INSERT INTO orders SELECT n, CASE WHEN n <= 300 THEN 1 ELSE 2 END, 'new', repeat('n', 400) FROM generate_series(1, 320) AS n;
      INSERT INTO hits SELECT n, 1 FROM generate_series(1, 10001) AS n;`,
    plan: {
      entities: {
        SHOP: { from: 'shops', key: { PK: 'SHOP#{id}', SK: 'SHOP#{id}' } },
        ORDER: {
          from: 'orders',
          key: { PK: 'SHOP#{shop_id}', SK: 'ORDER#{id}' },
          shard: { by: 'id', over: 200, into: 4 },
        },
        HIT: { from: 'hits', key: { PK: 'HITS#{shop_id}', SK: 'HIT#{id}' } },
      },
      patterns: {
        ordersByState: { entity: 'ORDER', SK: 'ORDER#', filter: ['state'] },
        latestOrders: { entity: 'ORDER', SK: 'ORDER#', limit: 20 },
        shopWithOrders: { entity: ['SHOP', 'ORDER'] },
      },
    },
    findings: [
      ['owner-sharded', 'informs', 'entities.ORDER.shard', /1 owner of 2 have over 200 rows.*1 \(300 rows/],
      ['owner-heavy', 'warns', 'entities.HIT.key.PK', /1 \(10001 rows/],
      ['search-filters', 'warns', 'patterns.ordersByState.filter', /reads 300 items of 1 and filters/],
      ['search-costs', 'warns', 'patterns.ordersByState', /reads 300 items/],
      ['search-costs', 'warns', 'patterns.shopWithOrders', /reads 301 items/],
    ],
  },
  'work that PostgreSQL does by itself': {
    sql: `
      CREATE EXTENSION IF NOT EXISTS btree_gist;
      CREATE TABLE accounts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT 'x', total int GENERATED ALWAYS AS (1) STORED,
        updated_at timestamptz, CHECK (name <> ''));
      CREATE TABLE entries (id int PRIMARY KEY, account_id int NOT NULL REFERENCES accounts ON DELETE CASCADE);
      CREATE TABLE rooms (id int PRIMARY KEY, room int, during int4range, EXCLUDE USING gist (room WITH =, during WITH &&));
      CREATE SEQUENCE invoice_numbers CYCLE;
      CREATE SEQUENCE drawn;
      CREATE TABLE tickets (id int PRIMARY KEY DEFAULT nextval('drawn'));
      CREATE TABLE a_season (PRIMARY KEY (id)) INHERITS (tickets);
      CREATE FUNCTION log_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE accounts SET name = name WHERE id = NEW.account_id; RETURN NULL; END $$;
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
      CREATE FUNCTION check_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id < 0 THEN RAISE 'no'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER logs AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION log_entry();
      CREATE TRIGGER touches BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION touch();
      CREATE TRIGGER checks BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION check_only();
      CREATE RULE keep AS ON DELETE TO rooms DO INSTEAD NOTHING;
      CREATE RULE elsewhere AS ON INSERT TO rooms WHERE NEW.id < 0 DO INSTEAD NOTHING;
      INSERT INTO accounts (name) VALUES ('a'), ('b');
      INSERT INTO entries SELECT n, 1 FROM generate_series(1, 120) AS n;
      SELECT lo_create(0);`,
    plan: {
      entities: {
        ...byId('ACCOUNT', 'accounts', { defaults: { id: 'counter' } }),
        ...byId('ENTRY', 'entries'),
        ...byId('ROOM', 'rooms'),
        ...byId('TICKET', 'tickets', { defaults: { id: 'counter' } }),
      },
    },
    findings: [
      ['column-generated', 'warns', 'entities.ACCOUNT', /total is computed/],
      ['default-missing', 'warns', 'entities.ACCOUNT', /name has a default/],
      ['sequence', 'informs', 'entities.ACCOUNT.defaults.id', /accounts_id_seq of id stands at 2/],
      ['sequence', 'informs', 'entities.TICKET.defaults.id', /drawn of id never used/],
      ['sequence', 'warns', 'entities', /invoice_numbers belongs to no column, never used, and restarts/],
      ['trigger-writes', 'warns', 'entities.ENTRY', /logs \(AFTER, log_entry\)/],
      ['trigger-changes', 'warns', 'entities.ACCOUNT', /touches \(BEFORE, touch\)/],
      ['trigger-present', 'informs', 'entities.ENTRY', /checks \(BEFORE, check_only\)/],
      ['cascade-writes', 'warns', 'entities.ACCOUNT', /writes entries \(ON DELETE CASCADE\), up to 120 rows/],
      ['exclusion-constraint', 'warns', 'entities.ROOM', /EXCLUDE/],
      ['check-constraint', 'informs', 'entities.ACCOUNT', /CHECK/],
      ['rule-rewrites', 'warns', 'entities.ROOM', /keep: .*INSTEAD/],
      ['rule-refuses-put', 'warns', 'entities.ROOM', /elsewhere: .*ON INSERT/],
      ['large-objects', 'warns', 'source', /1 large object /],
    ],
  },
  'rights that could surprise the migration': {
    login: 'reader',
    sql: `
      CREATE ROLE reader LOGIN PASSWORD 'portage'; CREATE ROLE owner LOGIN; CREATE ROLE cleaner;
      CREATE TABLE cache (id int PRIMARY KEY);
      CREATE UNLOGGED TABLE visits (id int PRIMARY KEY);
      CREATE TABLE letters (id int PRIMARY KEY, reader text);
      CREATE TABLE vault (id int PRIMARY KEY, cache_id int REFERENCES cache ON DELETE CASCADE);
      ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON letters USING (reader = current_user);
      ALTER TABLE cache OWNER TO owner;
      INSERT INTO letters VALUES (1, 'reader'), (2, 'other');
      GRANT TRUNCATE ON cache TO cleaner;
      GRANT SELECT ON cache, visits, letters TO reader;`,
    plan: {
      entities: {
        ...byId('CACHE', 'cache'),
        ...byId('VISIT', 'visits'),
        ...byId('LETTER', 'letters'),
        ...byId('VAULT', 'vault'),
      },
    },
    findings: [
      ['truncate-rights', 'warns', 'entities.CACHE', /cleaner may TRUNCATE cache/],
      ['ddl-rights', 'informs', 'entities.CACHE', /owner, postgres may change/],
      ['rights-missing', 'warns', 'entities.CACHE', /lacks ownership on cache/],
      ['rights-missing', 'warns', 'entities.VAULT', /lacks SELECT and ownership on vault/],
      ['unmeasured', 'warns', 'entities.VAULT', /permission denied for table vault/],
      ['cascade-writes', 'warns', 'entities.CACHE', /vault .*up to an unknown number of rows/],
      ['row-security', 'blocks', 'entities.LETTER', /hides rows of letters/],
      ['table-unlogged', 'blocks', 'entities.VISIT', /visits is UNLOGGED/],
      [
        'login-not-alterable',
        'blocks',
        'decommission.keepLogins',
        /lacks the right of ALTER ROLE and ending its sessions for owner,/,
      ],
    ],
  },
  'logins that the decommission locks out': {
    login: 'migrator',
    sql: `
      CREATE ROLE migrator LOGIN PASSWORD 'portage' CREATEROLE; GRANT pg_signal_backend TO migrator;
      CREATE ROLE shop LOGIN; CREATE ROLE jobs LOGIN; CREATE ROLE boss LOGIN SUPERUSER; CREATE ROLE late LOGIN;
      CREATE TABLE orders (id int PRIMARY KEY);
      CREATE TABLE people (name text PRIMARY KEY, mail text, hash text);
      INSERT INTO people VALUES ('a', 'a@x', '$2b$12$' || repeat('x', 53)), ('b', 'b@x', '$2b$12$' || repeat('y', 53)), ('c', 'c@x', '{SSHA}z'), ('d', 'd@x', NULL);
      GRANT CREATE ON SCHEMA public TO migrator; ALTER TABLE orders OWNER TO migrator; GRANT SELECT ON people TO migrator; GRANT INSERT ON orders TO shop, jobs;`,
    plan: {
      entities: { ...byId('ORDER', 'orders') },
      exclude: { people: 'accounts' },
      auth: { from: 'people', username: 'name', email: 'mail', passwordHash: 'hash', scheme: 'bcrypt' },
      decommission: { keepLogins: ['shop', 'shopp'] },
    },
    findings: [
      ['login-unknown', 'blocks', 'decommission.keepLogins', /^shopp is no login/],
      ['login-not-alterable', 'blocks', 'decommission.keepLogins', /ALTER ROLE and ending its sessions for boss,/],
      ['login-locked-out', 'warns', 'decommission.keepLogins', /boss.*jobs.* may write, and will be locked out/],
      [
        'hash-cost',
        'warns',
        'auth.cost',
        /^2 users of people have hashes that begin with \$2b\$12\$; the plan has no cost/,
      ],
      ['hash-unknown', 'warns', 'auth.scheme', /^1 user of people have a hash that is not of the scheme bcrypt/],
    ],
  },
  'one table for several entities': {
    sql: `
      CREATE TABLE things (id int PRIMARY KEY, kind text, size text);
      INSERT INTO things VALUES (1, 'a', 's'), (2, 'b', 's'), (3, 'c', 's'), (4, NULL, 's'), (5, 'a', 'l');`,
    plan: {
      entities: {
        ...byId('APPLE', 'things', { where: { kind: 'a' } }),
        ...byId('BERRY', 'things', { where: { kind: 'b' } }),
        ...byId('LARGE', 'things', { where: { size: 'l' } }),
      },
    },
    findings: [
      ['where-overlaps', 'blocks', 'entities.APPLE.where', /APPLE and LARGE/],
      ['where-none', 'warns', 'entities.APPLE.where', /2 rows of things match no entity/],
      ['where-several', 'blocks', 'entities.APPLE.where', /1 row of things match more than one/],
    ],
  },
  'names that need quotes': {
    schema: 'My "Schema" v2',
    sql: `
      CREATE TABLE "Order Items" ("Item Id" int PRIMARY KEY, "select" text NOT NULL, "a.b" text, "q""uote'; --" text, "Ü#{x}" text);
      CREATE TABLE public.forgotten (id int PRIMARY KEY);
      INSERT INTO "Order Items" VALUES (1, 'x', 'y', 'z', 'ü');`,
    indexes: ['GSI1'],
    plan: {
      entities: {
        ITEM: {
          from: 'Order Items',
          key: { PK: 'ITEM#{Item Id}', SK: 'ITEM#{Item Id}' },
          indexes: { GSI1: { PK: `Q#{q"uote'; --}`, SK: 'ITEM#{a.b}#{select}' } },
        },
      },
    },
    findings: [['schema-other', 'warns', 'source.schema', /schema public has 1 table /]],
  },
};
