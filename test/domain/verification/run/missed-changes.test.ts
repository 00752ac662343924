import { expect, test } from '@jest/globals';
import { createMissedChanges } from '../../../../src/adapters/postgres/capture/missed-changes.ts';
import { runRange, runSegment } from '../../../../src/domain/verification/run/run-part.ts';
import type { Fixture } from '../../../client/fixture.ts';
import { damageUser, loadUsers, useVerifier, type Verifier } from '../fixture.ts';

let fixture: Fixture;
let verifier: Verifier;
let run: string;
useVerifier((started) => ({ fixture, verifier, run } = started));

async function miss(reason: string): Promise<void> {
  const text = `INSERT INTO portage.missed (operation, relation, reason) VALUES ('UPDATE', 'users', $1)`;
  await fixture.psql.query(text, [reason]);
}

async function missed(): Promise<readonly string[]> {
  return (await createMissedChanges(fixture.sql).list(10, 0)).map(({ reason }) => reason);
}

test('RACE-71 a clean run settles the changes that were missed before it began; a run with findings settles none', async () => {
  const [id = ''] = await loadUsers(fixture, 3);
  await miss('before');
  await damageUser(fixture, id);
  expect(await verifier.verify(run)).toMatchObject({ clean: false });
  expect(await missed()).toEqual(['before']);
  await verifier.repair(run);

  const next = `${run}-next`;
  const { segments, ranges } = await verifier.plan(next);
  await miss('meanwhile');
  const now = new Date().toISOString();
  for (const segment of segments) await runSegment(verifier.ports, { run: next, segment, now });
  for (const range of ranges) await runRange(verifier.ports, { run: next, range, now });
  expect(await verifier.conclude(next)).toMatchObject({ clean: true });
  expect(await missed()).toEqual(['meanwhile']);
  expect(await verifier.verify(`${run}-last`)).toMatchObject({ clean: true });
  expect(await missed()).toEqual([]);
}, 60_000);
