import { Client } from 'pg';
import { randomOf } from '../../examples/campaigns/generator/random.ts';
import { type WriterRows, sharedUser } from './writer-rows.ts';
import type { JournaledWrite, ExpectedCells } from './journal.ts';

/** Writes without the client, as cron jobs and people do; half of the commits are asynchronous. Returns what it did. */
export async function bypass(
  connectionString: string,
  rows: WriterRows,
  seed: number,
): Promise<readonly JournaledWrite[]> {
  const random = randomOf(seed, 'bypass');
  const writes: JournaledWrite[] = [];
  const client = new Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    for (let n = 0; n < 12; n++) {
      const mark = `bypass ${n}`;
      const lazy = random.chance(0.5);
      const [id, user] = [
        random.pick([rows.sessions[0] ?? '', ...rows.sessions]),
        random.pick([rows.users[0] ?? '', ...rows.users]),
      ];
      const statements: readonly [
        readonly [ExpectedCells, string, readonly string[]],
        ...(readonly [ExpectedCells, string, readonly string[]])[],
      ] = [
        [{ [user]: mark }, 'UPDATE users SET bio = $1 WHERE id = $2', [mark, user]],
        [{ 'shared tags': mark }, 'UPDATE users SET tags = ARRAY[$1] WHERE id = $2', [mark, sharedUser(seed)]],
        [{ [id]: null }, 'DELETE FROM sessions WHERE id = $1', [id]],
        [
          { [id]: mark },
          `INSERT INTO sessions (id, user_id, campaign_id, number, title, started_at) VALUES ($2, $3, $4, 1, $1, now())
           ON CONFLICT (id) DO UPDATE SET title = excluded.title, user_id = excluded.user_id`,
          [mark, id, user, rows.campaign],
        ],
        [
          Object.fromEntries(rows.users.map((key) => [key, mark])),
          'UPDATE users SET bio = $1 WHERE id::text = ANY ($2::text[])',
          [mark, `{${rows.users.join(',')}}`],
        ],
      ];
      const [expected, text, values] = random.pick(statements);
      await client.query(`SET synchronous_commit = ${lazy ? 'off' : 'on'}`);
      const took = await client.query(text, [...values]).then(
        () => true,
        () => false,
      );
      // A commit that was not awaited may be forgotten by a crash; one that failed on the way may have been made.
      writes.push({ expected, outcome: took && !lazy ? 'acknowledged' : 'unknown' });
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 40)));
    }
  } catch {
    // The server died: what follows was never begun.
  }
  await client.end().catch(() => {});
  return writes;
}
