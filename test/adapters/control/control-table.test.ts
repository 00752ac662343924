import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EpochMoved, RecordChanged } from '../../../src/domain/errors.ts';
import type { Catalogue } from '../../../src/domain/catalogue/catalogue.ts';
import { type ControlOnDynamoDb, startControl } from '../../control-record.ts';

let engine: ControlOnDynamoDb;

beforeAll(async () => {
  engine = await startControl();
});

afterAll(() => engine.stop());

test('nobody has moved anything: the mode is off, epoch 0', async () => {
  const control = await engine.fresh();
  expect(await control.mode()).toEqual({
    mode: 'off',
    readPercent: 0,
    epoch: 0,
    generation: 0,
    stoppedFrom: null,
    mappingRevision: 0,
  });
});

test('of two who move from the same epoch one is refused with EpochMoved', async () => {
  const control = await engine.fresh();
  const off = await control.mode();
  const to = { mode: 'capture', readPercent: 0, generation: 1, stoppedFrom: null, mappingRevision: 0 } as const;
  const outcomes = await Promise.allSettled([control.move(off, to), control.move(off, to)]);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(refused?.status === 'rejected' && refused.reason).toBeInstanceOf(EpochMoved);
  expect(await control.mode()).toEqual({ ...to, epoch: 1 });
});

test('a record is written on the revision that was read, once', async () => {
  const control = await engine.fresh();
  expect(await control.write('GATE', 'a', { token: 't' }, 0)).toBe(1);
  await expect(control.write('GATE', 'a', {}, 0)).rejects.toThrow(RecordChanged);
  expect(await control.write('GATE', 'a', { token: 'u', list: [], nested: { none: null } }, 1)).toBe(2);
  await expect(control.write('GATE', 'a', {}, 1)).rejects.toThrow(RecordChanged);
  expect(await control.write('GATE', 'a', { token: 'v' }, 'any')).toBe(3);
  expect(await control.read('GATE', 'a')).toEqual({ value: { token: 'v' }, revision: 3 });
  await control.remove('GATE', 'a');
  expect(await control.read('GATE', 'a')).toBeNull();
});

test('a record too large to be readable is stored compressed and comes back the same', async () => {
  const control = await engine.fresh();
  const value = { text: 'x'.repeat(900_000) };
  await control.write('EVIDENCE', 'large', value, 0);
  await control.write('EVIDENCE', 'small', { n: 1 }, 0);
  expect(await control.list('EVIDENCE')).toEqual([
    { id: 'large', value },
    { id: 'small', value: { n: 1 } },
  ]);
  await control.write('EVIDENCE', 'large', { n: 2 }, 1);
  expect(await control.read('EVIDENCE', 'large')).toEqual({ value: { n: 2 }, revision: 2 });
});

test('a catalogue beyond an item comes back whole, and a second save replaces it', async () => {
  const control = await engine.fresh();
  expect(await control.facts(1)).toBeNull();
  const large = { generation: 1, catalogue: catalogue(2500), shards: { SESSION: ['a'] } };
  await control.saveFacts(large);
  expect(await control.facts(1)).toEqual(large);
  const small = { generation: 1, catalogue: catalogue(1), shards: {} };
  await control.saveFacts(small);
  expect(await control.facts(1)).toEqual(small);
});

/** Names that compress badly. */
function catalogue(tables: number): Catalogue {
  return {
    fingerprint: 'f',
    tables: Object.fromEntries(
      Array.from({ length: tables }, (_, index) => [
        `t${index}`,
        {
          schema: 'public',
          name: randomBytes(300).toString('hex'),
          leaves: [],
          columns: [],
          primaryKey: [],
          uniqueKeys: [],
          foreignKeys: [],
        },
      ]),
    ),
  };
}
