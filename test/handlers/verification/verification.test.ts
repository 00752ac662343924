import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Mode } from '../../../src/domain/mode/modes.ts';
import { portage } from '../../operator/portage.ts';
import { type Item, LoadedLibrary, shortened, summarySchema } from './loaded-library.ts';
import { DAMAGES } from './planted-damages.ts';

let loaded: LoadedLibrary;

beforeAll(async () => {
  loaded = await LoadedLibrary.start();
}, 120_000);

afterAll(() => loaded?.stop(), 60_000);

test('a loaded table is clean, both sides counted, and a concluded run answers its record', async () => {
  const first = await loaded.verify('clean');
  expect(first).toMatchObject({ clean: true, rowsCompared: 262, mismatches: 0, unverified: 0 });
  expect(first.entities).toMatchObject({
    MEMBER: { source: 60, items: 60, matched: 60, verdict: 'match' },
    LOAN: { source: 200, items: 200, matched: 200, verdict: 'match' },
    BADGE: { source: 2, items: 2, matched: 2, verdict: 'match' },
    EMPTY: { source: 0, items: 0, matched: 0, verdict: 'match' },
  });
  const [again, other] = [await loaded.verify('clean'), await loaded.verify('clean again')];
  expect(again).toEqual(first);
  expect(other.digests).toEqual(first.digests);
});

test('RACE-28 RACE-34 a row that waits for the relay is not a mismatch', async () => {
  await loaded.source.query(`UPDATE members SET name = 'Renamed' WHERE email = 'Member2@example.org'`);
  const running = loaded.verify('under way');
  await loaded.stack.invoke('relay', { seconds: 5 });
  expect(await running).toMatchObject({ clean: true, mismatches: 0, unverified: 0 });
});

/** Changes rows without the trigger's knowledge, as somebody with a superuser's rights could. */
async function behindCapture(...statements: readonly string[]): Promise<void> {
  for (const table of ['members', 'loans'])
    await loaded.source.query(`ALTER TABLE ${table} DISABLE TRIGGER portage_capture`);
  for (const statement of statements) await loaded.source.query(statement);
  for (const table of ['members', 'loans'])
    await loaded.source.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER portage_capture`);
}

async function enter(mode: Mode): Promise<void> {
  const { epoch: _epoch, ...state } = await loaded.control.mode();
  await loaded.control.move(await loaded.control.mode(), { ...state, mode });
}

const member = (n: number): string => `'00000000-0000-4000-8000-${String(n).padStart(12, '0')}'`;

test('RACE-30 RACE-31 RACE-32 RACE-33 every kind of planted damage is found, named, and nothing else', async () => {
  await loaded.source.query(`UPDATE members SET name = 'Zoë' WHERE id = ${member(10)}`);
  await loaded.stack.invoke('relay', { seconds: 5 });
  const planted = await loaded.items();
  const of = (name: string): Item => {
    const item = planted.get(name);
    if (item === undefined) throw new Error(`there is no ${name}`);
    return item;
  };
  const change = (name: string, changes: Item) => loaded.put({ ...of(name), ...changes });
  const without = async (name: string, attribute: string) => {
    const { [attribute]: _, ...rest } = of(name);
    await loaded.put(rest);
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
  const object = (name: string) => ({ Bucket: loaded.bucket, Key: bodyOf(name) });

  await loaded.remove(of('LOAN 60'));
  await loaded.put(surplus);
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
  await loaded.source.query(`UPDATE members SET name = 'Renamed' WHERE id = ${member(22)}`);
  await change('LOAN 61', {
    ...of('LOAN 62'),
    PK: of('LOAN 61')['PK'] ?? { S: '' },
    SK: of('LOAN 61')['SK'] ?? { S: '' },
  });
  await loaded.remove(of('LOAN 63'));
  await loaded.put(misplaced);
  await loaded.remove(of('LOAN 67'));
  await loaded.put(astray);
  await loaded.remove(of('LOAN 10'));
  await loaded.put(misrouted);
  await change('LOAN 65', { GSI1SK: { S: 'LOAN#elsewhere' } });
  await change('MEMBER 24', { _ttl: { N: '1600000000' } });
  await without('MEMBER 25', '_ttl');
  await change('LOAN 66', { _ttl: { N: '4000000000' } });
  await without('UNIQUE UNIQUE#MEMBER#email#member26@example.org', '_ttl');
  await loaded.s3.send(new DeleteObjectCommand(object('LOAN 70')));
  await change('LOAN 72', { reviewS3Key: { S: bodyOf('LOAN 74') } });
  // Of the same length, and under its own name.
  await loaded.s3.send(new PutObjectCommand({ ...object('LOAN 76'), Body: 'short review 76'.repeat(200) }));
  await loaded.source.query('DELETE FROM loans WHERE id IN (80, 82)');
  await loaded.stack.invoke('relay', { seconds: 5 });
  await loaded.put(of('LOAN 80'));
  await loaded.put(of('MEMBER 22'));
  const tombstone = await loaded.stored(of('LOAN 82'));
  await loaded.put({ ...tombstone, GSI1PK: { S: 'OUT#1' }, GSI1SK: { S: 'LOAN#shown' } });
  await loaded.remove(uniqueOf('member20@example.org'));
  await loaded.put({ ...uniqueOf('member21@example.org'), PK: ghost.PK });
  await change('BADGE 2', { label: { S: 'bookwurm' } });
  await loaded.put({ PK: { S: 'GHOST#1' }, SK: { S: 'GHOST#1' }, _v: { N: '1' }, _e: { S: 'GHOST' } });
  await behindCapture(
    `UPDATE members SET name = 'Nobody saw' WHERE id = ${member(23)}`,
    'DELETE FROM loans WHERE id = 90',
    `INSERT INTO loans SELECT 300, member_id, title, NULL, NULL FROM loans WHERE id = 92`,
  );

  const summary = await loaded.verify('damaged');
  expect(await loaded.findings(summary)).toEqual(DAMAGES.toSorted());
  expect(summary).toMatchObject({ clean: false, unverified: 0, mismatches: DAMAGES.length });
}, 120_000);

test('a finding says what, where, since when and how old, and shows no values unless asked for them', async () => {
  const { mismatches } = await loaded.details(await loaded.verify('again', { showValues: true }));
  const first = (await loaded.details(summarySchema.parse(await loaded.recordOf('damaged')))).mismatches;
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
  const badges = await loaded.verify('badges', { entity: 'BADGE' });
  expect(badges).toMatchObject({ clean: false, scope: { entity: 'BADGE', sample: null }, damages: { value: 1 } });
  expect(Object.keys(badges.entities)).toEqual(['BADGE']);
  const sample = await loaded.verify('sample', { sample: 4 });
  expect(sample).toMatchObject({ clean: false, scope: { entity: null, sample: 4 } });
  expect(sample.rowsCompared).toBeGreaterThan(20);
  expect(sample.rowsCompared).toBeLessThan(200);
  const refused = await loaded.ended(await loaded.start('verify', { run: 'half a gate', kind: 'gate', sample: 4 }));
  expect(refused).toMatchObject({ status: 'FAILED', error: 'PlanError' });
}, 60_000);

test('RACE-35 a repair rewrites what is stably wrong and says so, twice the same, and only where PostgreSQL decides', async () => {
  const early = await loaded.ended(await loaded.start('verify', { run: 'too early', kind: 'on-demand', repair: true }));
  expect(early).toMatchObject({ status: 'FAILED', error: 'RepairRefused' });
  // Before anything was compared.
  expect(await loaded.recordOf('too early')).toBeUndefined();
  const { mode } = await loaded.control.mode();
  await enter('dual');
  const repaired = await loaded.verify('repairing', { repair: true });
  expect(repaired.repaired).toMatchObject({ repaired: DAMAGES.length - 1, 'not repairable': 1, overtaken: 0 });
  expect((await loaded.verify('repairing', { repair: true })).repaired).toEqual(repaired.repaired);
  const left = await loaded.verify('repaired', { repair: true });
  expect(await loaded.findings(left)).toEqual([['null ', 'unreadable']]);
  expect(left.repaired).toMatchObject({ repaired: 0, 'not repairable': 1 });
  await loaded.remove({ PK: { S: 'GHOST#1' }, SK: { S: 'GHOST#1' } });
  expect(await loaded.verify('mended')).toMatchObject({ clean: true, rowsCompared: 260 });
  await enter(mode);
}, 120_000);

function gate(verification: unknown): Promise<unknown> {
  const now = new Date().toISOString();
  return loaded.stack.invoke('require-clean', { run: 'r', owner: 'test', now, verification });
}

test('a gate takes no sample, and names the rows that nobody could compare', async () => {
  const sample = await loaded.verify('half', { sample: 2 });
  expect(sample).toMatchObject({ clean: false, mismatches: 0, unverified: 0 });
  await expect(gate({ ...sample, mismatchPercent: 0 })).rejects.toThrow(/EvidenceInsufficient.*looked at a part only/);
  const whole = {
    ...z.looseObject({}).parse(await loaded.recordOf('mended')),
    run: 'hot',
    clean: false,
    unverified: 1,
  };
  await loaded.control.write(
    'VERIFICATION',
    'hot',
    { ...whole, unstable: [{ entity: 'BADGE', identity: ['2'] }] },
    'any',
  );
  await expect(gate(whole)).rejects.toThrow(/RowsUnverified.*BADGE 2/);
  await loaded.control.remove('VERIFICATION', 'hot');
  expect(await gate(await loaded.recordOf('mended'))).toMatchObject({ clean: true });
});

test('portage verify tells what differs and ends with 1; nobody answers for a row that no report names', async () => {
  const badge = (await loaded.items()).get('BADGE 2') ?? {};
  await loaded.put({ ...badge, label: { S: 'bookwurm' } });
  const found = await portage(['verify', '--entity', 'BADGE'], loaded.stack.env);
  expect(found).toMatchObject({ exitCode: 1, error: '' });
  expect(found.out).toContain('only BADGE: never evidence for a gate');
  expect(found.out).toMatch(/^value: 1$/m);
  expect(found.out).toMatch(/^ {2}BADGE 2: value \(label\)$/m);
  const repair = await portage(['verify', '--repair', '--json'], loaded.stack.env);
  expect(repair).toMatchObject({ exitCode: 1, error: expect.stringMatching(/^RepairRefused: [^\n]*$/) });
  await loaded.put(badge);
  const clean = await portage(['verify', '--sample', '1/2', '--json'], loaded.stack.env);
  expect(clean.exitCode).toBe(0);
  expect(JSON.parse(clean.out)).toMatchObject({ clean: false, mismatches: 0, scope: { entity: null, sample: 2 } });
  const accept = await portage(['accept', 'BADGE', '2', '--by', 'mara', '--reason', 'none'], loaded.stack.env);
  expect(accept.error).toMatch(/^BADGE 2 is not among the unverified rows of mended: no row$/);
  expect((await portage(['status'], loaded.stack.env)).out).toMatch(/^last verified .*a part.*$/m);
  const { mode } = await loaded.control.mode();
  await enter('dual');
  const reason = '42703 column "x" does not exist';
  await loaded.source.query(
    `INSERT INTO portage.missed (operation, relation, reason) VALUES ('UPDATE', 'badges', $1)`,
    [reason],
  );
  await loaded.stack.invoke('sweep', {});
  const status = (await portage(['status'], loaded.stack.env)).out;
  expect(status).toMatch(/^backlog       1 changes missed by capture \(at \d{4}-.*\)$/m);
  expect(status).toContain(`missed        badges: ${reason}; its identity is unknown: run \`portage verify --repair\``);
  await loaded.source.query('DELETE FROM portage.missed');
  await loaded.stack.invoke('sweep', {});
  expect((await portage(['status'], loaded.stack.env)).out).toMatch(/^backlog       0 \(at /m);
  await enter(mode);
}, 60_000);

test('RACE-37 a changed schema stops the run by name, and a redrive goes on once it is undone', async () => {
  await loaded.source.query('ALTER TABLE badges RENAME COLUMN label TO text');
  const executionArn = await loaded.start('verify', { run: 'changed', kind: 'on-demand' });
  expect(await loaded.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'SchemaChanged' });
  await loaded.source.query('ALTER TABLE badges RENAME COLUMN text TO label');
  await loaded.states.send(new RedriveExecutionCommand({ executionArn }));
  expect((await loaded.ended(executionArn)).status).toBe('SUCCEEDED');
});

test('RACE-53 installing capture again in the same run keeps the generation, another run begins one', async () => {
  expect(await loaded.stack.invoke('install-capture', { run: 'first' })).toMatchObject({
    generation: 1,
    shardOwners: 1,
  });
  expect(await loaded.stack.invoke('install-capture', { run: 'second' })).toMatchObject({ generation: 2 });
  expect(await loaded.execute('load', { run: 'second' })).toMatchObject({ generation: 2, rows: 260 });
  expect(await loaded.verify('rewritten')).toMatchObject({ clean: true, rowsCompared: 260 });
}, 120_000);

test('handlers log JSON lines without values of rows, tokens, passwords or hashes', async () => {
  const secret = 'SENTINEL';
  const now = new Date().toISOString();
  const claim = {
    run: 'logged',
    owner: 'arn:aws:states:us-east-1:000000000000:execution:portage-migration:logged',
    now,
  };
  await loaded.source.query('INSERT INTO badges SELECT 900, $1', [`${secret} label`]);
  await loaded.stack.invoke('relay', { seconds: 5 });
  await loaded.control.write(
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
  await expect(loaded.stack.invoke('require-clean', { ...claim, verification })).rejects.toThrow(secret);
  await loaded.control.remove('VERIFICATION', 'logged');
  const opened = z.object({ evidenceHash: z.string() }).parse(
    await loaded.stack.invoke('open-gate', {
      gate: 'enter-cutover',
      run: 'logged',
      now,
      token: `${secret} token`,
      evidence: { [secret]: secret },
      expiresInSeconds: 60,
    }),
  );
  const decision = { gate: 'enter-cutover', run: 'logged', decision: 'approve', by: `${secret} person`, now };
  await expect(loaded.stack.invoke('decide-gate', { ...decision, evidenceHash: `${secret} hash` })).rejects.toThrow(
    /Evidence/,
  );
  const signIn = { triggerSource: 'UserMigration_Authentication', userName: `${secret}@example.com` };
  await expect(loaded.stack.invoke('migrate-user', { ...signIn, request: { password: secret } })).rejects.toThrow();
  await expect(loaded.stack.invoke('acquire-lock', { run: secret.repeat(100), owner: 7 })).rejects.toThrow();

  const text = readFileSync(join(loaded.stack.dataDir, 'log', 'lambda.log'), 'utf8');
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
