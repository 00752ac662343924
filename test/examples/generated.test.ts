import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Client } from '../../src/client/open-client.ts';
import { entityTypeName, plural, typeName } from '../../src/domain/generate/names.ts';
import type { Item } from '../../src/domain/item.ts';
import { columnType } from '../../src/domain/mapping/values/types.ts';
import { followPath } from '../../src/domain/catalogue/follow.ts';
import { findTable } from '../../src/domain/catalogue/tables.ts';
import { portage } from '../operator/portage.ts';
import { type Arguments, createOracle, type Oracle } from './oracle.ts';
import { type Example, EXAMPLES, type ExampleFixture, startExample } from './fixture.ts';

type Row = Readonly<Record<string, unknown>>;
type Exports = Readonly<Record<string, unknown>>;

/** Rows in the page that a client gives: small enough that most answers have several. */
const PAGE = 3;
const AT_ONCE = 8;
const TIMEOUT = 1_200_000;
/** Arguments of a pattern that are tried, spread over all that there are in the data; PORTAGE_ALL_ARGUMENTS=1 tries them all. */
const MOST_TRIED = process.env['PORTAGE_ALL_ARGUMENTS'] === '1' ? Infinity : 150;
/** Longer answers are read in the plan's pages only. */
const MOST_PAGED = 60;

describe.each(EXAMPLES)('$name', (example) => {
  const { own, generated } = example;
  let fixture: ExampleFixture;
  let oracle: Oracle;
  let patterns: Exports;
  let gets: Exports;
  let keys: Exports;

  beforeAll(async () => {
    fixture = await startExample(example);
    if (own !== null) expect((await generate(fixture, example, generated)).error).toBe('');
    oracle = createOracle(fixture.psql, fixture.plan);
    // One after the other: the test runner does not link modules that share imports at the same time.
    patterns = await exportsOf(example, 'patterns');
    gets = await exportsOf(example, 'gets');
    keys = await exportsOf(example, 'keys');
  }, TIMEOUT);
  afterAll(() => fixture?.stop());

  test('the module is that of this plan and schema, and a file that is not is named', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'portage-generated-'));
    try {
      const checked = await generate(fixture, example, generated, '--check');
      expect(JSON.parse(checked.out)).toMatchObject({ stale: [] });
      expect(checked.exitCode).toBe(0);

      cpSync(generated, copy, { recursive: true });
      writeFileSync(join(copy, 'keys.ts'), '');
      const stale = await generate(fixture, example, copy, '--check');
      expect([JSON.parse(stale.out).stale, stale.exitCode, readFileSync(join(copy, 'keys.ts'), 'utf8')]).toEqual([
        ['keys.ts'],
        1,
        '',
      ]);

      expect((await generate(fixture, example, copy)).exitCode).toBe(0);
      expect(readFileSync(join(copy, 'keys.ts'), 'utf8')).toBe(readFileSync(join(generated, 'keys.ts'), 'utf8'));
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  test(
    'every pattern answers from DynamoDB as SQL does, for arguments from all over the data, also page by page',
    async () => {
      const [source, target, pagedSource, pagedTarget] = await Promise.all([
        fixture.client('postgres'),
        fixture.client('dynamodb'),
        fixture.client('postgres', PAGE),
        fixture.client('dynamodb', PAGE),
      ]);
      const counts: Record<string, { tuples: number; rows: number; paged: number }> = {};
      for (const pattern of Object.keys(fixture.plan.patterns)) {
        const count = { tuples: 0, rows: 0, paged: 0 };
        counts[pattern] = count;
        const tuples = sampled(await oracle.tuples(pattern), MOST_TRIED);
        await together(tuples, async (args) => {
          const wanted = await oracle.answer(pattern, args);
          const given = applicationArguments(fixture, pattern, args);
          const told = `${pattern} ${JSON.stringify(args)}`;
          const fromTarget = await allPages(patterns, pattern, target, given);
          expect([told, await identities(pattern, fromTarget.rows)]).toEqual([told, wanted]);
          const fromSource = await allPages(patterns, pattern, source, given);
          expect([told, fromTarget.rows]).toEqual([told, fromSource.rows]);
          count.tuples += 1;
          count.rows += wanted.length;
          if (wanted.length < PAGE || wanted.length > MOST_PAGED) return;
          const byPage = await allPages(patterns, pattern, pagedTarget, given);
          expect([told, byPage.rows]).toEqual([told, fromSource.rows]);
          const sourceByPage = await allPages(patterns, pattern, pagedSource, given);
          expect([told, sourceByPage.rows]).toEqual([told, fromSource.rows]);
          expect(byPage.pages).toBeGreaterThanOrEqual(wanted.length / PAGE);
          count.paged += 1;
        });
        // Nothing is proven by patterns that all answered with nothing, unless it is their table that is empty.
        if (own === null) expect([pattern, count.rows > 0]).toEqual([pattern, await oracle.hasRows(pattern)]);
      }
      if (own !== null) process.stdout.write(`${JSON.stringify(counts, null, 2)}\n`);
      expect(Object.values(counts).filter(({ paged }) => paged > 0).length).toBeGreaterThan(own === null ? 1 : 0);
      for (const { entity, shard } of spreadOwners(fixture))
        expect([entity, shard]).toEqual([entity, expect.any(Number)]);
      expect(new Set(fixture.sent.map(({ command }) => command))).toEqual(new Set(['QueryCommand']));
      expect(fixture.sent.filter(({ consistent }) => consistent)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'rows by key come in one batch, in the order of the keys, whichever store answers',
    async () => {
      const [source, target] = await Promise.all([fixture.client('postgres'), fixture.client('dynamodb')]);
      for (const entity of Object.values(fixture.mapping.entities)) {
        const columns = [...new Set([...entity.PK.paths, ...entity.SK.paths])];
        const { rows } = await fixture.psql.query(
          `SELECT * FROM "${entity.table}" t WHERE ${oracle.belongs(entity.name)} ORDER BY random() LIMIT 120`,
        );
        const found = z.array(z.record(z.string(), z.unknown())).parse(rows);
        const given = found.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
        const builder = `build${entityTypeName(entity.name)}Key`;
        const many = functionOf(gets, `get${plural(entityTypeName(entity.name))}`);
        // Twice the same key, and the wrong way round.
        const asked = [...given.toReversed(), ...given.slice(0, 2)];
        const before = fixture.sent.length;
        const fromTarget = z.array(z.looseObject({})).parse(await many(target, asked));
        expect(fixture.sent.slice(before).map(({ command }) => command)).toEqual(
          Array.from({ length: Math.ceil(given.length / 100) }, () => 'BatchGetItemCommand'),
        );
        // As the client reads keys: a time of PostgreSQL's is another text than the one that it shows.
        const shown = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(functionOf(keys, builder)(row)));
        expect(shown(fromTarget)).toEqual(shown(asked));
        expect(fromTarget).toEqual(await many(source, asked));
        const one = functionOf(gets, `get${entityTypeName(entity.name)}`);
        const sofar = fixture.sent.length;
        const singly = await Promise.all(given.toReversed().map((key) => one(target, key)));
        expect(singly).toEqual(fromTarget.slice(0, given.length));
        // Asked for one by one in the same turn, they are still batches.
        expect(fixture.sent.length - sofar).toBe(Math.ceil(given.length / 100));
      }
      expect(fixture.sent.filter(({ consistent }) => consistent)).toEqual([]);
    },
    TIMEOUT,
  );

  test('every key in the table is read by one parser, and built again from what it reads', async () => {
    const items = await fixture.items();
    expect(items.length).toBeGreaterThan(0);
    const pairs = Object.keys(keys)
      .filter((exported) => exported.startsWith('parse'))
      .map((parse) => ({
        of: parse.slice('parse'.length),
        parse: functionOf(keys, parse),
        build: functionOf(keys, parse.replace('parse', 'build')),
      }));
    const readers = new Set<string>();
    const wrong: unknown[] = [];
    for (const item of items) {
      for (const [place, PK, SK] of keysOf(item)) {
        const reading = pairs.flatMap(({ of, parse, build }) => {
          const parts = parse({ PK, SK });
          return parts === null ? [] : [{ of, again: [build(parts), build(parts, { spread: true })] }];
        });
        const entity = item['_e'] !== undefined && 'S' in item['_e'] ? item['_e'].S : '';
        const [{ of, again } = { of: '', again: [] }] = reading;
        const expected =
          entity === 'UNIQUE' ? of.endsWith('UniqueKey') : of === `${entityTypeName(entity)}${typeName(place)}Key`;
        const built = again.some((key) => JSON.stringify(key) === JSON.stringify({ PK, SK }));
        if (reading.length !== 1 || !expected || !built) wrong.push({ place, PK, SK, reading });
        readers.add(of);
      }
    }
    // A table may be empty on purpose; then nothing in the table has its keys.
    const filled = new Set(items.map((item) => (item['_e'] !== undefined && 'S' in item['_e'] ? item['_e'].S : '')));
    const empty = Object.keys(fixture.mapping.entities).filter((name) => !filled.has(name));
    const unread = (of: string): boolean =>
      empty.some((name) => new RegExp(`^${entityTypeName(name)}(GSI\\d+)?Key$`).test(of));
    const wanted = pairs.map(({ of }) => of).filter((of) => !unread(of));
    expect(wrong).toEqual([]);
    // Of somebody's own indexes one may hold nothing.
    if (own === null) expect([...readers].sort()).toEqual(wanted.toSorted());
  });

  test('the page of keys shows every key and every pattern', () => {
    const page = readFileSync(join(generated, 'KEYS.md'), 'utf8').replaceAll('\\|', '|');
    for (const { key, indexes, unique } of Object.values(fixture.plan.entities))
      for (const { PK, SK } of [
        key,
        ...Object.values(indexes),
        ...Object.values(unique).map((text) => ({ PK: `#${text}\``, SK: 'UNIQUE' })),
      ])
        expect([PK, SK].filter((template) => !page.includes(template))).toEqual([]);
    for (const pattern of Object.keys(fixture.plan.patterns)) expect(page).toContain(`\n| ${pattern} |`);
  });

  /** Entity and identity of rows, as the oracle names them. */
  async function identities(pattern: string, rows: readonly Row[]): Promise<readonly string[]> {
    const { entity } = fixture.plan.patterns[pattern] ?? { entity: '' };
    return Promise.all(
      rows.map(async (row) => {
        const several = z.object({ entity: z.string(), row: z.looseObject({}) });
        const shown = typeof entity === 'string' ? { entity, row } : several.parse(row);
        const columns = await oracle.identityColumns(shown.entity);
        return `${shown.entity} ${JSON.stringify(columns.map((column) => String(shown.row[column])))}`;
      }),
    );
  }
});

function generate({ environment }: ExampleFixture, { planFile }: Example, out: string, ...more: readonly string[]) {
  const args = ['generate', '--plan', planFile, '--out', out, '--portage', '../../../src', '--json', ...more];
  return portage(args, environment);
}

async function exportsOf({ generated }: Example, file: string): Promise<Exports> {
  return z
    .record(z.string(), z.unknown())
    .parse({ ...(await import(pathToFileURL(join(generated, `${file}.ts`)).href)) });
}

function functionOf(exported: Exports, name: string): (...args: readonly unknown[]) => unknown {
  const found = exported[name];
  if (typeof found !== 'function') throw new Error(`the module has no function ${name}`);
  return (...args) => Reflect.apply(found, undefined, args);
}

function sampled<T>(all: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(all.length, most) }, (_, at) => all[Math.floor(at * step)]).filter(
    (one): one is T => one !== undefined,
  );
}

/** A pattern's rows to the last page. */
async function allPages(
  exported: Exports,
  pattern: string,
  client: Client,
  args: Readonly<Record<string, unknown>>,
): Promise<{ readonly rows: readonly Row[]; readonly pages: number }> {
  const ask = functionOf(exported, pattern);
  const rows: Row[] = [];
  let after: string | null = null;
  for (let pages = 1; pages <= 1_000; pages++) {
    const page: unknown = await ask(client, args, after === null ? undefined : { after });
    rows.push(...z.array(z.looseObject({})).parse(page));
    after = z.object({ next: z.string().nullable() }).parse(Object.assign({}, page)).next;
    if (after === null) return { rows, pages };
  }
  throw new Error(`${pattern} has no last page`);
}

/** PostgreSQL's texts as the generated types want them. */
function applicationArguments(
  fixture: ExampleFixture,
  pattern: string,
  args: Arguments,
): Readonly<Record<string, unknown>> {
  const { entity = '' } = fixture.plan.patterns[pattern] ?? {};
  const first = typeof entity === 'string' ? entity : (entity[0] ?? '');
  const { catalogue } = fixture.mapping;
  const table = findTable(catalogue, fixture.mapping.entities[first]?.table ?? '');
  return Object.fromEntries(
    Object.entries(args).map(([path, value]) => {
      const followed = table === null ? null : followPath(catalogue, table, path);
      const type = followed?.ok === true ? columnType(followed.column) : null;
      const typed = (text: string): unknown =>
        type?.kind === 'boolean'
          ? text === 'true'
          : type?.kind === 'integer' && type.name !== 'int8'
            ? Number(text)
            : text;
      return [
        path,
        typeof value === 'string'
          ? typed(value)
          : Object.fromEntries(Object.entries(value).map(([side, text]) => [side, typed(text)])),
      ];
    }),
  );
}

/** Several at once; the first failure ends it, and nothing goes on behind the next test's back. */
async function together<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const open = [...all];
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let one = open.pop(); one !== undefined; one = open.pop()) await work(one);
  });
  for (const lane of lanes) lane.catch(() => (open.length = 0));
  const ended = await Promise.allSettled(lanes);
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}

/** Entities that the plan spreads, with how many owners are spread here. */
function spreadOwners({
  mapping,
}: ExampleFixture): readonly { readonly entity: string; readonly shard: number | null }[] {
  return Object.values(mapping.entities).flatMap(({ name, shard }) =>
    shard === null ? [] : [{ entity: name, shard: shard.owners.size > 0 ? shard.owners.size : null }],
  );
}

/** The keys of an item: its own, and those of each index that it is in. */
function keysOf(item: Item): readonly (readonly [string, string, string])[] {
  return Object.keys(item).flatMap((attribute) => {
    if (!attribute.endsWith('PK')) return [];
    const place = attribute.slice(0, -2);
    const [pk, sk] = [item[attribute], item[`${place}SK`]];
    return pk !== undefined && 'S' in pk && sk !== undefined && 'S' in sk ? [[place, pk.S, sk.S] as const] : [];
  });
}
