import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { type GeneratedFile, generateModule } from '../../../src/domain/generate/module.ts';
import { entityTypeName, literal, Names, plural, property } from '../../../src/domain/generate/names.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { catalogue, catalogueOf, plan } from '../campaigns.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
// Inside of the repository, so that the compiler finds what the module imports.
mkdirSync(join(ROOT, '.portage'), { recursive: true });
const folder = mkdtempSync(join(ROOT, '.portage', 'generated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function textOf(files: readonly GeneratedFile[], name: string): string {
  return files.find((file) => file.name === name)?.text ?? '';
}

function call(text: string): string {
  return `export const c${text.length} = (client: Client) => [client, ${text}];`;
}

/** What strict TypeScript says about a module, with whatever code uses it. */
async function compiled(name: string, files: readonly GeneratedFile[], use = ''): Promise<string> {
  const out = join(folder, name);
  mkdirSync(out);
  for (const { name: file, text } of files) writeFileSync(join(out, file), text);
  writeFileSync(join(out, 'use.ts'), use);
  const config = {
    extends: '../../../tsconfig.json',
    compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
    include: ['.'],
  };
  writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config));
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', out]);
    return '';
  } catch (error) {
    return z.object({ stdout: z.string() }).parse(error).stdout;
  }
}

/** Names that would be something else in TypeScript, types of every kind, keys of every shape. */
const awkward = planSchema.parse({
  name: 'awkward',
  table: { name: 'awkward', indexes: ['GSI1', 'by-owner'] },
  entities: {
    RECORD: {
      from: 'Record Of "Things"',
      key: { PK: 'RECORD#{a b}#{class}', SK: 'RECORD#{at}#{n}' },
      indexes: {
        GSI1: { PK: '{a*/b}', SK: 'RECORD#{amount}' },
        'by-owner': { PK: '{owner.name|lower}', SK: 'RECORD#{day}#{big}', when: { gone: null } },
      },
      shard: { by: 'n', over: 9, into: 4 },
      unique: {
        'one-of': '{name|lower}#{big}',
        pair: { key: '{text}#{gone}', nulls: 'same' },
        name: { key: '{name}', when: { gone: null } },
      },
      large: { body: { pointer: 'bodyKey' } },
      maps: ['doc'],
    },
    RECORDS: {
      from: 'records',
      immutable: ['name'],
      key: { PK: 'RECORDS#{id}', SK: 'RECORDS#{id}' },
    },
    DATE: { from: 'dates', key: { PK: 'RECORDS#{id}', SK: 'DATE#{id}' } },
  },
  patterns: {
    delete: { entity: 'RECORD', range: 'at', filter: ['text', 'list', 'at'] },
    getRecord: { entity: 'RECORD', index: 'by-owner', SK: 'RECORD#', range: 'day', order: 'desc', limit: 5 },
    field: { entity: ['RECORDS', 'DATE'] },
    text: { entity: 'RECORD', index: 'GSI1', SK: 'RECORD#{amount}' },
  },
});
const awkwardCatalogue = catalogueOf({
  'Record Of "Things"': {
    columns: {
      'a b': 'text',
      class: { type: 'mood', kind: 'e' },
      at: 'timestamptz',
      n: 'int4',
      'a*/b': 'bool',
      amount: { type: 'numeric', precision: 8, scale: 2 },
      owner: 'int8',
      day: 'date',
      big: 'int8',
      gone: 'timestamp?',
      name: 'text',
      body: 'bytea?',
      doc: 'jsonb',
      constructor: 'text?',
      toString: 'int8',
      text: 'text?',
      list: { type: 'bpchar', length: 3 },
      number: 'float8?',
      "it's": 'text[]?',
      parts: 'bytea[]?',
    },
    primaryKey: ['a b', 'class', 'at', 'n'],
    uniqueKeys: [],
    foreignKeys: [{ columns: ['owner'], references: { table: 'records', columns: ['id'] } }],
  },
  records: { columns: { id: 'int8', name: 'text' } },
  dates: { columns: { id: 'int8' } },
});

test('the module of a plan with awkward names and every type compiles under strict TypeScript, and is used in its types', async () => {
  const files = generateModule(awkward, awkwardCatalogue, '../../../src');
  const use = `
    import type { Client } from '../../../src/client/open-client.ts';
    import { getRecord_, getRecords, getRecords_, getRecordses, getDates } from './gets.ts';
    import { buildRecordKey, buildRecordPairUniqueKey, parseRecordByOwnerKey, parseRecordKey, parseRecordPairUniqueKey } from './keys.ts';
    import { delete_, field_, getRecord, text_ } from './patterns.ts';

    export async function use(client: Client): Promise<unknown[]> {
      const key = { 'a b': 'x', class: 'sad', at: new Date(0), n: 7 };
      const row = await getRecord_(client, key);
      const doc: unknown = row?.doc;
      const bodies: Uint8Array | null | undefined = row?.body;
      const found = await delete_(client, { 'a b': 'x', class: 'sad', at: { from: '2024-01-01T00:00:00Z' }, list: 'abc' });
      const listed: string | boolean | undefined = found[0]?.body instanceof Uint8Array ? 'here' : found[0]?.body?.sha256;
      const page = await getRecord(client, { 'owner.name': 'Ann', day: new Date(0) }, { after: found.next });
      const numbers: (number | null)[] = page.map((one) => one.number);
      const several = await field_(client, { id: 5n });
      const ids = several.map((one) => (one.entity === 'DATE' ? one.row.id : one.row.name));
      const at: string | undefined = parseRecordKey(buildRecordKey(key, { spread: true }))?.at;
      const big: string | undefined = parseRecordByOwnerKey({ PK: '', SK: '' })?.big;
      const pair: string | null | undefined = parseRecordPairUniqueKey(buildRecordPairUniqueKey({ text: null, gone: new Date(0) }))?.text;
      const rest = [pair, await getRecords(client, [key]), await getRecords_(client, { id: 1n }), await getRecordses(client, []), await getDates(client, [{ id: '1' }])];
      return [doc, bodies, listed, numbers, ids, at, big, rest, await text_(client, { 'a*/b': true, amount: 7.5 })];
    }
  `;
  expect(await compiled('awkward', files, use)).toBe('');
}, 60_000);

test('a call with an argument too few, too many or of another type does not compile', async () => {
  const files = generateModule(plan, catalogue, '../../../src');
  const wrong = [
    `sessionsOfCampaign(client, { user_id: 'u' })`,
    `sessionsOfCampaign(client, { user_id: 'u', campaign_id: 'c', id: '1' })`,
    `openSessions(client, { 'campaign_id.owner_id': 'u', started_at: { from: 1 } })`,
    `campaignsByTitle(client, { owner_id: 'u', title: null })`,
    `getUsers(client, [{ id: 7 }])`,
    `buildSessionKey({ user_id: 'u', campaign_id: 'c' })`,
  ];
  const imports = `
    import type { Client } from '../../../src/client/open-client.ts';
    import { getUsers } from './gets.ts';
    import { buildSessionKey } from './keys.ts';
    import { campaignsByTitle, openSessions, sessionsOfCampaign } from './patterns.ts';
  `;
  const said = await compiled('wrong', files, [imports, ...wrong.map(call)].join('\n'));
  expect(said.match(/error TS/g)).toHaveLength(wrong.length);
}, 60_000);

test('the same plan and schema give the same text, and the plan alone says how Portage is imported', () => {
  const files = generateModule(plan, catalogue, 'portage/src');
  expect(generateModule(plan, catalogue, 'portage/src')).toEqual(files);
  expect(files.map(({ name }) => name)).toEqual([
    'entity-type.ts',
    'rows.ts',
    'keys.ts',
    'gets.ts',
    'patterns.ts',
    'KEYS.md',
  ]);
  expect(textOf(files, 'patterns.ts')).toContain(`from 'portage/src/client/typed-read.ts'`);
});

test('a plan that the check would block is refused with its place', () => {
  const { USER, ...entities } = plan.entities;
  expect(() => generateModule({ ...plan, entities: { ...entities } }, catalogue, 'x')).toThrow(/plan\.json: .*users/);
  expect(USER).toBeDefined();
});

test('names are those of the plan, made fit for the language', () => {
  expect(['USER', 'ORDER_ITEM', 'A2_B'].map(entityTypeName)).toEqual(['User', 'OrderItem', 'A2B']);
  expect(['User', 'City', 'Day', 'Class', 'Match'].map(plural)).toEqual([
    'Users',
    'Cities',
    'Days',
    'Classes',
    'Matches',
  ]);
  expect([literal(`it's "x"\n\\`), property('a b'), property('class')]).toEqual([
    `'it\\'s "x"\\n\\\\'`,
    `'a b'`,
    'class',
  ]);
  const names = new Names(['list']);
  expect(['delete', 'list', 'x', 'x'].map((name) => names.take(name))).toEqual(['delete_', 'list_', 'x', 'x_']);
});
