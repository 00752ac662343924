import { expect, test } from '@jest/globals';
import type { Item } from '../../../../src/domain/item.ts';
import { repair } from '../../../../src/domain/protocol/repair.ts';
import type { Fixture } from '../../../client/fixture.ts';
import { damageUser, loadUsers, putItem, userItem, useVerifier, type Verifier } from '../fixture.ts';

let fixture: Fixture;
let verifier: Verifier;
let run: string;
useVerifier((started) => ({ fixture, verifier, run } = started));

const now = (): string => new Date().toISOString();
const users = (count: number): Promise<readonly string[]> => loadUsers(fixture, count);
const itemOf = (id: string): Promise<Item> => userItem(fixture, id);
const damage = (id: string): Promise<void> => damageUser(fixture, id);

test('RACE-35 a newer write between the look and the put of a repair stays', async () => {
  const [id = '', other = ''] = await users(2);
  await damage(id);
  await damage(other);
  await verifier.verify(run);
  const client = await fixture.client();
  let written = false;
  const answer = await verifier.repair(run, async (step) => {
    if (step !== 'flushed' || written) return;
    written = true;
    for (const each of [id, other]) await client.update('USER', { id: each }, { bio: 'newer' });
  });
  expect(answer).toMatchObject({ next: null, repair: { repaired: 0, overtaken: 1, settled: 1 } });
  await client.close();
  for (const each of [id, other]) expect((await itemOf(each))['bio']).toEqual({ S: 'newer' });
  expect(await fixture.differences()).toEqual([]);
}, 30_000);

test('RACE-35 a row written after it was found is left to its writer', async () => {
  const [id = ''] = await users(1);
  await damage(id);
  await verifier.verify(run);
  await fixture.psql.query(`UPDATE users SET bio = 'newer' WHERE id = $1`, [id]);
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 0, overtaken: 1 } });
  await fixture.relay();
  expect(await fixture.differences()).toEqual([]);
}, 30_000);

test('RACE-35 an item that was written after it was found stays, though it is still wrong', async () => {
  const [id = ''] = await users(1);
  await damage(id);
  await verifier.verify(run);
  const since = { ...(await itemOf(id)), _v: { N: '1' } };
  await putItem(fixture, since);
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 0, overtaken: 1 } });
  expect(await itemOf(id)).toEqual(since);
}, 30_000);

test('RACE-35 a repair that dies anywhere is finished by the next, which tells of both', async () => {
  const ids = await users(6);
  for (const id of ids.slice(0, 4)) await damage(id);
  await fixture.psql.query('DELETE FROM users WHERE id = $1', [ids[5]]);
  const revived = await itemOf(ids[5] ?? '');
  await fixture.relay();
  await putItem(fixture, revived);
  await verifier.verify(run);
  for (let death = 1; death <= 12; death++) {
    let steps = 0;
    const dying = verifier.repair(run, () => {
      if ((steps += 1) === death * 3) throw new Error('dead');
    });
    await dying.catch((error: unknown) => expect(error).toMatchObject({ message: 'dead' }));
  }
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 5, settled: 0, overtaken: 0 } });
  const client = await fixture.client();
  await client.update('USER', { id: ids[0] ?? '' }, { bio: 'written since' });
  await client.close();
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 5 } });
  expect(await fixture.differences()).toEqual([]);
  expect(await verifier.verify(`${run} mended`)).toMatchObject({ clean: true, rowsCompared: 5 });
}, 60_000);

test('RACE-35 a repair stops where PostgreSQL no longer decides, and leaves another generation alone', async () => {
  const ids = await users(3);
  for (const id of ids) await damage(id);
  await verifier.verify(run);
  const { epoch: _, ...dual } = await fixture.control.mode();
  const move = async (changes: Partial<typeof dual>): Promise<void> => {
    await fixture.control.move(await fixture.control.mode(), { ...dual, ...changes });
  };
  let findings = 0;
  const stopped = verifier.repair(run, async (step) => {
    if (step === 'finding' && (findings += 1) === 1)
      await move({ mode: 'stopped', stoppedFrom: 'dual', mappingRevision: 0 });
  });
  await expect(stopped).rejects.toMatchObject({ name: 'RepairRefused' });
  expect(findings).toBe(1);
  await move({ generation: 2 });
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 0, overtaken: 3 } });
  await move({});
}, 30_000);

test('RACE-21 RACE-63 the repair of a row that lost its unique value leaves the item to the row that has it now', async () => {
  const [first = '', second = ''] = await users(2);
  await fixture.psql.query(`UPDATE users SET email = 'shared@x' WHERE id = $1`, [first]);
  await fixture.relay();
  await fixture.psql.query(`UPDATE users SET email = 'other@x' WHERE id = $1`, [first]);
  await fixture.psql.query(`UPDATE users SET email = 'shared@x' WHERE id = $1`, [second]);
  await fixture.relay();
  const options = { mapping: fixture.mapping, generation: 1, at: now() };
  const key = { PK: 'UNIQUE#USER#email#shared@x', SK: 'UNIQUE' };
  expect(await repair(fixture, options, { relation: 'users', pk: [first], key })).toBe('absent');
  expect(await fixture.differences()).toEqual([]);
});
