import { readFile } from 'node:fs/promises';

import { expect, test } from '@jest/globals';
import { argon2Verify, bcryptVerify } from 'hash-wasm';

import { passwordHashes, passwordOf } from '../../../examples/campaigns/generator/passwords.ts';
import { rowsOf } from '../../../examples/campaigns/generator/rows.ts';
import { sizeOf } from '../../../examples/campaigns/generator/size.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';

const hashes = (): string => 'x';

test('the plan of the reference application is a plan', async () => {
  const text = await readFile(new URL('../../../examples/campaigns/plan.json', import.meta.url), 'utf8');
  const plan = planSchema.parse(JSON.parse(text));
  expect(Object.keys(plan.entities)).toEqual(['USER', 'CAMPAIGN', 'SESSION', 'CHARACTER']);
});

test('a row is the same for the same seed', () => {
  const size = sizeOf(0.1);
  for (const index of [0, 3, 17, 199]) {
    expect(rowsOf(7, size, hashes).session(index)).toEqual(rowsOf(7, size, hashes).session(index));
    expect(rowsOf(7, size, hashes).user(index)).not.toEqual(rowsOf(8, size, hashes).user(index));
  }
});

test('the reference size has the rows, the power user and the large transcripts that its README promises', () => {
  const size = sizeOf(1);
  const rows = rowsOf(1, size, hashes);
  let power = 0;
  let large = 0;
  let withTranscript = 0;
  for (let index = 0; index < size.sessions; index += 1) {
    const session = rows.session(index);
    if (session.user_id === rows.user(0).id) power += 1;
    const bytes = Buffer.byteLength(String(session['transcript'] ?? ''));
    if (bytes > 0) withTranscript += 1;
    if (bytes > 400_000) large += 1;
    expect(bytes === 0 || bytes >= 10_000).toBe(true);
  }
  expect({ ...size, power, large, withTranscript }).toEqual({
    users: 2_000,
    campaigns: 5_000,
    sessions: 30_000,
    characters: 8_000,
    powerSessions: 10_000,
    power: 10_000,
    large: 6,
    withTranscript: 3_000,
  });
});

test('texts are NULL, empty, beyond the basic plane, right to left, with combining marks, and hold # and %', () => {
  const rows = rowsOf(1, sizeOf(0.1), hashes);
  const texts = Array.from({ length: 500 }, (_, index) => rows.campaign(index)['description']);
  for (const kind of [/\p{Script=Hebrew}/u, /\p{Script=Thai}/u, /[\u{10000}-\u{10FFFF}]/u, /\p{Mn}/u, /#/, /%/]) {
    expect(texts.some((text) => typeof text === 'string' && kind.test(text))).toBe(true);
  }
  expect(texts).toContain(null);
  expect(texts).toContain('');
});

test('the password of a user opens the hash of this user, under bcrypt and argon2id', async () => {
  const hash = await passwordHashes(1);
  expect(await bcryptVerify({ password: passwordOf(1, 52), hash: hash(52) })).toBe(true);
  expect(await argon2Verify({ password: passwordOf(1, 45), hash: hash(45) })).toBe(true);
  expect(await argon2Verify({ password: passwordOf(1, 46), hash: hash(45) })).toBe(false);
});
