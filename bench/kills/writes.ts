import { randomOf } from '../../examples/campaigns/generator/random.ts';
import type { Client } from '../../src/client/open-client.ts';
import { type WriterRows, sharedUser } from './writer-rows.ts';
import type { Journal, ExpectedCells } from './journal.ts';

const OPERATIONS = 14;

/** One writer's writes through the client, all from its seed: puts, key changes, deletions, transactions, plain SQL. */
export async function write(
  client: Client,
  rows: WriterRows,
  seed: number,
  writer: string,
  journal: Journal,
): Promise<void> {
  const random = randomOf(seed, writer);
  const column = writer.endsWith('pg') ? 'bio' : 'display_name';
  const [first = ''] = rows.users;
  const user = (): string => random.pick([first, ...rows.users]);
  const session = (): string => random.pick([rows.sessions[0] ?? '', ...rows.sessions]);
  for (let n = 0; n < OPERATIONS; n++) {
    const mark = `${writer} ${n}`;
    const userRow = (id: string) => ({
      id,
      email: `${id.slice(0, 8)}.${n}@x`,
      bio: mark,
      display_name: 'N',
      tags: [],
      settings: {},
    });
    const sessionRow = (id: string, transcript: string | null = null) => ({
      id,
      user_id: user(),
      campaign_id: rows.campaign,
      number: n,
      title: mark,
      started_at: '2024-01-02T03:04:05Z',
      transcript,
    });
    const [id, other] = [session(), user()];
    const kinds: readonly [
      () => [ExpectedCells, () => Promise<unknown>],
      ...(() => [ExpectedCells, () => Promise<unknown>])[],
    ] = [
      () => [{ [other]: mark }, () => client.put('USER', userRow(other))],
      () => [{ [id]: mark }, () => client.put('SESSION', sessionRow(id, `${mark} `.repeat(300)))],
      () => [{ [id]: null }, () => client.delete('SESSION', { id, user_id: first, campaign_id: rows.campaign })],
      () => [{ [`shared ${column}`]: mark }, () => client.update('USER', { id: sharedUser(seed) }, { [column]: mark })],
      () => [
        Object.fromEntries([...rows.users, id].map((key) => [key, mark])),
        () =>
          client.transact([
            ...rows.users.map((key) => ({ put: 'USER', row: userRow(key) })),
            { put: 'SESSION', row: sessionRow(id) },
          ]),
      ],
      () => [
        Object.fromEntries(rows.users.map((key) => [key, mark])),
        () =>
          client.sql('kills', (tx) =>
            tx.query(
              'UPDATE users SET bio = :mark WHERE id IN (SELECT json_array_elements_text(CAST(:ids AS json))::uuid)',
              { mark, ids: JSON.stringify(rows.users) },
            ),
          ),
      ],
    ];
    const [expected, work] = random.pick(kinds)();
    await journal.run(expected, work);
  }
}
