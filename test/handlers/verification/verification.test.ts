import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { z } from 'zod';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { createControlTable } from '../../../src/adapters/control/control-table.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';
import type { Mode } from '../../../src/domain/mode/modes.ts';
import { portage } from '../../operator/portage.ts';
import { findingSchema } from '../../../src/domain/verification/report/schema.ts';
import { DAMAGES } from './planted-damages.ts';

type Item = Record<string, AttributeValue>;

const library = (name: string): string => fileURLToPath(new URL(`../library/${name}`, import.meta.url));
const REAL = { region: 'us-east-1', credentials: { accessKeyId: 'portage', secretAccessKey: 'portage' } };
const TABLE = 'library';

const counts = z.object({ source: z.number(), items: z.number(), matched: z.number(), verdict: z.string() }).loose();
const summarySchema = z.object({
  run: z.string(),
  clean: z.boolean(),
  rowsCompared: z.number(),
  mismatches: z.number(),
  unverified: z.number(),
  entities: z.record(z.string(), counts),
  digests: z.record(z.string(), z.string()),
  damages: z.record(z.string(), z.number()),
  scope: z.object({ entity: z.string().nullable(), sample: z.number().nullable() }),
  details: z.string(),
  repaired: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
});
const detailsSchema = z.object({ mismatches: z.array(findingSchema), unverified: z.array(findingSchema) });

let stack: Stack;
let dynamo: DynamoDBClient;
let s3: S3Client;
let states: SFNClient;
let source: Client;
let bucket: string;
let control: ControlTable;

beforeAll(async () => {
  stack = await startStack({
    dataDir: mkdtempSync(join(tmpdir(), 'portage-verification-')),
    planFile: library('plan.json'),
    schedules: 'off',
  });
  dynamo = new DynamoDBClient({ ...REAL, endpoint: stack.endpoints.DYNAMODB });
  s3 = new S3Client({
    ...REAL,
    endpoint: stack.endpoints.S3,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  states = new SFNClient({ ...REAL, endpoint: stack.endpoints.SFN });
  bucket = stack.env['PORTAGE_BUCKET'] ?? '';
  control = createControlTable({
    client: DynamoDBDocumentClient.from(dynamo),
    tableName: stack.env['PORTAGE_CONTROL_TABLE'] ?? '',
  });
  source = new Client({ connectionString: stack.connectionString ?? '' });
  await source.connect();
  await source.query(readFileSync(library('schema.sql'), 'utf8'));
  await stack.invoke('install-capture', { run: 'first' });
  expect(await execute('load', { run: 'first' })).toMatchObject({ rows: 262, tombstones: 0 });
}, 120_000);

afterAll(async () => {
  await source?.end();
  await stack?.stop({ discard: true });
}, 60_000);

async function ended(executionArn: string | undefined): Promise<DescribeExecutionCommandOutput> {
  for (;;) {
    const found = await states.send(new DescribeExecutionCommand({ executionArn }));
    if (found.status !== 'RUNNING') return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function start(machine: string, input: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const stateMachineArn = stack.machines[machine];
  const started = await states.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return started.executionArn;
}

async function execute(machine: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { status, error, cause, output } = await ended(await start(machine, input));
  expect({ status, error, cause }).toEqual({ status: 'SUCCEEDED', error: undefined, cause: undefined });
  return JSON.parse(output ?? 'null');
}

async function verify(
  run: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<z.infer<typeof summarySchema>> {
  return summarySchema.parse(await execute('verify', { run, kind: 'on-demand', ...options }));
}

async function details(summary: z.infer<typeof summarySchema>): Promise<z.infer<typeof detailsSchema>> {
  const document = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: summary.details }));
  return detailsSchema.parse(JSON.parse((await document.Body?.transformToString()) ?? ''));
}

async function stored({ PK = { S: '' }, SK = { S: '' } }: Item): Promise<Item> {
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: TABLE, Key: { PK, SK } }));
  return Item ?? {};
}

async function recordOf(run: string): Promise<unknown> {
  return (await control.read('VERIFICATION', run))?.value;
}

async function findings(summary: z.infer<typeof summarySchema>): Promise<readonly (readonly [string, string])[]> {
  return (await details(summary)).mismatches
    .map(({ entity, identity, damage }): readonly [string, string] => [`${entity} ${shortened(identity)}`, damage])
    .toSorted();
}

function shortened(identity: readonly string[] | null): string {
  return (identity ?? []).map((part) => part.replace('00000000-0000-4000-8000-', '').replace(/^0+/, '')).join(',');
}

async function items(): Promise<ReadonlyMap<string, Item>> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: TABLE }));
  return new Map(
    Items.map((item) => {
      const id = item['id']?.S ?? item['id']?.N ?? item['PK']?.S ?? '';
      return [`${item['_e']?.S} ${shortened([id])}`, item];
    }),
  );
}

const put = (item: Item) => dynamo.send(new PutItemCommand({ TableName: TABLE, Item: item }));
const remove = ({ PK, SK }: Item) =>
  dynamo.send(new DeleteItemCommand({ TableName: TABLE, Key: { PK: PK ?? { S: '' }, SK: SK ?? { S: '' } } }));

test('a loaded table is clean, both sides counted, and a concluded run answers its record', async () => {
  const first = await verify('clean');
  expect(first).toMatchObject({ clean: true, rowsCompared: 262, mismatches: 0, unverified: 0 });
  expect(first.entities).toMatchObject({
    MEMBER: { source: 60, items: 60, matched: 60, verdict: 'match' },
    LOAN: { source: 200, items: 200, matched: 200, verdict: 'match' },
    BADGE: { source: 2, items: 2, matched: 2, verdict: 'match' },
    EMPTY: { source: 0, items: 0, matched: 0, verdict: 'match' },
  });
  const [again, other] = [await verify('clean'), await verify('clean again')];
  expect(again).toEqual(first);
  expect(other.digests).toEqual(first.digests);
});

test('RACE-28 RACE-34 a row that waits for the relay is not a mismatch', async () => {
  await source.query(`UPDATE members SET name = 'Renamed' WHERE email = 'Member2@example.org'`);
  const running = verify('under way');
  await stack.invoke('relay', { seconds: 5 });
  expect(await running).toMatchObject({ clean: true, mismatches: 0, unverified: 0 });
});

/** Changes rows without the trigger's knowledge, as somebody with a superuser's rights could. */
async function behindCapture(...statements: readonly string[]): Promise<void> {
  for (const table of ['members', 'loans']) await source.query(`ALTER TABLE ${table} DISABLE TRIGGER portage_capture`);
  for (const statement of statements) await source.query(statement);
  for (const table of ['members', 'loans'])
    await source.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER portage_capture`);
}

async function enter(mode: Mode): Promise<void> {
  const { epoch: _epoch, ...state } = await control.mode();
  await control.move(await control.mode(), { ...state, mode });
}

const member = (n: number): string => `'00000000-0000-4000-8000-${String(n).padStart(12, '0')}'`;

test('RACE-30 RACE-31 RACE-32 RACE-33 every kind of planted damage is found, named, and nothing else', async () => {
  await source.query(`UPDATE members SET name = 'Zoë' WHERE id = ${member(10)}`);
  await stack.invoke('relay', { seconds: 5 });
  const planted = await items();
  const of = (name: string): Item => {
    const item = planted.get(name);
    if (item === undefined) throw new Error(`there is no ${name}`);
    return item;
  };
  const change = (name: string, changes: Item) => put({ ...of(name), ...changes });
  const without = async (name: string, attribute: string) => {
    const { [attribute]: _, ...rest } = of(name);
    await put(rest);
  };
  const bodyOf = (name: string): string => of(name)['reviewS3Key']?.S ?? '';
  const text = (name: string, attribute: string): string => of(name)[attribute]?.S ?? '';
  const shard = text('LOAN 10', 'PK');
  const otherShard = shard.replace(/\d$/, (number) => String((Number(number) + 1) % 4));
  const misplaced = { ...of('LOAN 63'), SK: { S: 'LOAN#0000000777' } };
  // Out of place and out of date at once.
  const astray = { ...of('LOAN 67'), SK: { S: 'LOAN#0000000778' }, title: { S: 'an older title' } };
  const misrouted = { ...of('LOAN 10'), PK: { S: otherShard } };
  const surplus = { ...of('LOAN 64'), id: { N: '999' }, SK: { S: 'LOAN#0000000999' } };
  const ghost = { ...of('MEMBER 20'), PK: { S: 'UNIQUE#MEMBER#email#nobody' }, SK: { S: 'UNIQUE' } };
  const uniqueOf = (email: string): Item => of(`UNIQUE UNIQUE#MEMBER#email#${email}`);
  const object = (name: string) => ({ Bucket: bucket, Key: bodyOf(name) });

  await remove(of('LOAN 60'));
  await put(surplus);
  await change('MEMBER 5', { name: { S: 'another name' } });
  await change('MEMBER 6', { active: { S: 'true' } });
  await change('MEMBER 7', { fee: { N: '7' } });
  await change('MEMBER 8', { note: { S: 'noted' } });
  await change('MEMBER 10', { name: { S: 'ZoÃ«' } });
  await change('MEMBER 12', { note: { S: '' } });
  await without('MEMBER 13', 'note');
  await change('MEMBER 16', { stray: { S: 'left behind' } });
  await change('MEMBER 14', { joined_at: { S: text('MEMBER 14', 'joined_at').replace('T03', 'T05') } });
  await change('MEMBER 18', { name: { S: 'Name 19' } });
  await change('MEMBER 19', { name: { S: 'Name 18' } });
  await source.query(`UPDATE members SET name = 'Renamed' WHERE id = ${member(22)}`);
  await change('LOAN 61', {
    ...of('LOAN 62'),
    PK: of('LOAN 61')['PK'] ?? { S: '' },
    SK: of('LOAN 61')['SK'] ?? { S: '' },
  });
  await remove(of('LOAN 63'));
  await put(misplaced);
  await remove(of('LOAN 67'));
  await put(astray);
  await remove(of('LOAN 10'));
  await put(misrouted);
  await change('LOAN 65', { GSI1SK: { S: 'LOAN#elsewhere' } });
  await change('MEMBER 24', { _ttl: { N: '1600000000' } });
  await without('MEMBER 25', '_ttl');
  await change('LOAN 66', { _ttl: { N: '4000000000' } });
  await without('UNIQUE UNIQUE#MEMBER#email#member26@example.org', '_ttl');
  await s3.send(new DeleteObjectCommand(object('LOAN 70')));
  await change('LOAN 72', { reviewS3Key: { S: bodyOf('LOAN 74') } });
  // Of the same length, and under its own name.
  await s3.send(new PutObjectCommand({ ...object('LOAN 76'), Body: 'short review 76'.repeat(200) }));
  await source.query('DELETE FROM loans WHERE id IN (80, 82)');
  await stack.invoke('relay', { seconds: 5 });
  await put(of('LOAN 80'));
  await put(of('MEMBER 22'));
  const tombstone = await stored(of('LOAN 82'));
  await put({ ...tombstone, GSI1PK: { S: 'OUT#1' }, GSI1SK: { S: 'LOAN#shown' } });
  await remove(uniqueOf('member20@example.org'));
  await put({ ...uniqueOf('member21@example.org'), PK: ghost.PK });
  await change('BADGE 2', { label: { S: 'bookwurm' } });
  await put({ PK: { S: 'GHOST#1' }, SK: { S: 'GHOST#1' }, _v: { N: '1' }, _e: { S: 'GHOST' } });
  await behindCapture(
    `UPDATE members SET name = 'Nobody saw' WHERE id = ${member(23)}`,
    'DELETE FROM loans WHERE id = 90',
    `INSERT INTO loans SELECT 300, member_id, title, NULL, NULL FROM loans WHERE id = 92`,
  );

  const summary = await verify('damaged');
  expect(await findings(summary)).toEqual(DAMAGES.toSorted());
  expect(summary).toMatchObject({ clean: false, unverified: 0, mismatches: DAMAGES.length });
}, 120_000);

test('a finding says what, where, since when and how old, and shows no values unless asked for them', async () => {
  const { mismatches } = await details(await verify('again', { showValues: true }));
  const first = (await details(summarySchema.parse(await recordOf('damaged')))).mismatches;
  const of = (found: typeof first, name: string) =>
    found.find(({ entity, identity }) => `${entity} ${shortened(identity)}` === name);
  const [before, now] = [of(first, 'MEMBER 5'), of(mismatches, 'MEMBER 5')];
  expect(before).toMatchObject({
    entity: 'MEMBER',
    key: { PK: expect.stringContaining('MEMBER#'), SK: expect.stringContaining('MEMBER#') },
    differences: [{ field: 'name', source: expect.stringMatching(/^sha256 .* of 6 characters$/) }],
    version: 1_000_000_000_000,
    seq: 0,
    ageSeconds: expect.any(Number),
  });
  expect(JSON.stringify(first)).not.toContain('another name');
  expect(now?.differences).toEqual([{ field: 'name', damage: 'value', source: '"Name 5"', target: '"another name"' }]);
  // The second run goes on with the first one's finding.
  expect(now?.firstSeen).toBe(before?.firstSeen);
  expect(Date.parse(now?.lastSeen ?? '')).toBeGreaterThan(Date.parse(before?.lastSeen ?? ''));
}, 60_000);

test('a single entity, and a sample, find what is in them and are never clean', async () => {
  const badges = await verify('badges', { entity: 'BADGE' });
  expect(badges).toMatchObject({ clean: false, scope: { entity: 'BADGE', sample: null }, damages: { value: 1 } });
  expect(Object.keys(badges.entities)).toEqual(['BADGE']);
  const sample = await verify('sample', { sample: 4 });
  expect(sample).toMatchObject({ clean: false, scope: { entity: null, sample: 4 } });
  expect(sample.rowsCompared).toBeGreaterThan(20);
  expect(sample.rowsCompared).toBeLessThan(200);
  const refused = await ended(await start('verify', { run: 'half a gate', kind: 'gate', sample: 4 }));
  expect(refused).toMatchObject({ status: 'FAILED', error: 'PlanError' });
}, 60_000);

test('RACE-35 a repair rewrites what is stably wrong and says so, twice the same, and only where PostgreSQL decides', async () => {
  const early = await ended(await start('verify', { run: 'too early', kind: 'on-demand', repair: true }));
  expect(early).toMatchObject({ status: 'FAILED', error: 'RepairRefused' });
  // Before anything was compared.
  expect(await recordOf('too early')).toBeUndefined();
  const { mode } = await control.mode();
  await enter('dual');
  const repaired = await verify('repairing', { repair: true });
  expect(repaired.repaired).toMatchObject({ repaired: DAMAGES.length - 1, 'not repairable': 1, overtaken: 0 });
  expect((await verify('repairing', { repair: true })).repaired).toEqual(repaired.repaired);
  const left = await verify('repaired', { repair: true });
  expect(await findings(left)).toEqual([['null ', 'unreadable']]);
  expect(left.repaired).toMatchObject({ repaired: 0, 'not repairable': 1 });
  await remove({ PK: { S: 'GHOST#1' }, SK: { S: 'GHOST#1' } });
  expect(await verify('mended')).toMatchObject({ clean: true, rowsCompared: 260 });
  await enter(mode);
}, 120_000);

function gate(verification: unknown): Promise<unknown> {
  const now = new Date().toISOString();
  return stack.invoke('require-clean', { run: 'r', owner: 'test', now, verification });
}

test('a gate takes no sample, and names the rows that nobody could compare', async () => {
  const sample = await verify('half', { sample: 2 });
  expect(sample).toMatchObject({ clean: false, mismatches: 0, unverified: 0 });
  await expect(gate({ ...sample, mismatchPercent: 0 })).rejects.toThrow(/EvidenceInsufficient.*looked at a part only/);
  const whole = { ...z.looseObject({}).parse(await recordOf('mended')), run: 'hot', clean: false, unverified: 1 };
  await control.write('VERIFICATION', 'hot', { ...whole, unstable: [{ entity: 'BADGE', identity: ['2'] }] }, 'any');
  await expect(gate(whole)).rejects.toThrow(/RowsUnverified.*BADGE 2/);
  await control.remove('VERIFICATION', 'hot');
  expect(await gate(await recordOf('mended'))).toMatchObject({ clean: true });
});

test('portage verify tells what differs and ends with 1; nobody answers for a row that no report names', async () => {
  const badge = (await items()).get('BADGE 2') ?? {};
  await put({ ...badge, label: { S: 'bookwurm' } });
  const found = await portage(['verify', '--entity', 'BADGE'], stack.env);
  expect(found).toMatchObject({ exitCode: 1, error: '' });
  expect(found.out).toContain('only BADGE: never evidence for a gate');
  expect(found.out).toMatch(/^value: 1$/m);
  expect(found.out).toMatch(/^ {2}BADGE 2: value \(label\)$/m);
  const repair = await portage(['verify', '--repair', '--json'], stack.env);
  expect(repair).toMatchObject({ exitCode: 1, error: expect.stringMatching(/^RepairRefused: [^\n]*$/) });
  await put(badge);
  const clean = await portage(['verify', '--sample', '1/2', '--json'], stack.env);
  expect(clean.exitCode).toBe(0);
  expect(JSON.parse(clean.out)).toMatchObject({ clean: false, mismatches: 0, scope: { entity: null, sample: 2 } });
  const accept = await portage(['accept', 'BADGE', '2', '--by', 'mara', '--reason', 'none'], stack.env);
  expect(accept.error).toMatch(/^BADGE 2 is not among the unverified rows of mended: no row$/);
  expect((await portage(['status'], stack.env)).out).toMatch(/^last verified .*a part.*$/m);
}, 60_000);

test('RACE-37 a changed schema stops the run by name, and a redrive goes on once it is undone', async () => {
  await source.query('ALTER TABLE badges RENAME COLUMN label TO text');
  const executionArn = await start('verify', { run: 'changed', kind: 'on-demand' });
  expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'SchemaChanged' });
  await source.query('ALTER TABLE badges RENAME COLUMN text TO label');
  await states.send(new RedriveExecutionCommand({ executionArn }));
  expect((await ended(executionArn)).status).toBe('SUCCEEDED');
});

test('RACE-53 installing capture again in the same run keeps the generation, another run begins one', async () => {
  expect(await stack.invoke('install-capture', { run: 'first' })).toMatchObject({ generation: 1, shardOwners: 1 });
  expect(await stack.invoke('install-capture', { run: 'second' })).toMatchObject({ generation: 2 });
  expect(await execute('load', { run: 'second' })).toMatchObject({ generation: 2, rows: 260 });
  expect(await verify('rewritten')).toMatchObject({ clean: true, rowsCompared: 260 });
}, 120_000);

test('handlers log JSON lines without values of rows, tokens, passwords or hashes', async () => {
  const secret = 'SENTINEL';
  const now = new Date().toISOString();
  const claim = {
    run: 'logged',
    owner: 'arn:aws:states:us-east-1:000000000000:execution:portage-migration:logged',
    now,
  };
  await source.query('INSERT INTO badges SELECT 900, $1', [`${secret} label`]);
  await stack.invoke('relay', { seconds: 5 });
  await control.write(
    'VERIFICATION',
    'logged',
    {
      scope: { entity: null, sample: null },
      unstable: [{ entity: 'BADGE', identity: [`${secret}\n    at ${secret}:1:1`] }],
    },
    'any',
  );
  const verification = {
    run: 'logged',
    clean: false,
    mismatches: 0,
    unverified: 1,
    rowsCompared: 1,
    mismatchPercent: 0,
  };
  await expect(stack.invoke('require-clean', { ...claim, verification })).rejects.toThrow(secret);
  await control.remove('VERIFICATION', 'logged');
  const opened = z.object({ evidenceHash: z.string() }).parse(
    await stack.invoke('open-gate', {
      gate: 'enter-cutover',
      run: 'logged',
      now,
      token: `${secret} token`,
      evidence: { [secret]: secret },
      expiresInSeconds: 60,
    }),
  );
  const decision = { gate: 'enter-cutover', run: 'logged', decision: 'approve', by: `${secret} person`, now };
  await expect(stack.invoke('decide-gate', { ...decision, evidenceHash: `${secret} hash` })).rejects.toThrow(
    /Evidence/,
  );
  const signIn = { triggerSource: 'UserMigration_Authentication', userName: `${secret}@example.com` };
  await expect(stack.invoke('migrate-user', { ...signIn, request: { password: secret } })).rejects.toThrow();
  await expect(stack.invoke('acquire-lock', { run: secret.repeat(100), owner: 7 })).rejects.toThrow();

  const text = readFileSync(join(stack.dataDir, 'log', 'lambda.log'), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => z.looseObject({ level: z.string(), message: z.string() }).parse(JSON.parse(line)));
  expect(text).not.toContain(secret);
  expect(text).not.toContain(opened.evidenceHash);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'ERROR',
      message: 'failed',
      service: 'portage',
      function: 'portage-require-clean',
      function_request_id: expect.any(String),
      cold_start: expect.any(Boolean),
      run: 'logged',
      execution: claim.owner,
      correlation_id: claim.owner,
      duration_ms: expect.any(Number),
      error: {
        name: 'RowsUnverified',
        retryable: false,
        run: 'logged',
        stack: expect.arrayContaining([expect.stringMatching(/^at .*require-clean/)]),
      },
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'INFO',
      message: 'finished',
      function: 'portage-open-gate',
      gate: 'enter-cutover',
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'INFO',
      function: 'portage-load-segment',
      segment: 0,
      counts: expect.objectContaining({ rows: expect.any(Number) }),
    }),
  );
}, 60_000);
