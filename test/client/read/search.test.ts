import { expect, test } from '@jest/globals';
import { charactersByClass, charactersOfCampaign } from '../../../examples/campaigns/generated/patterns.ts';
import { getUser, getUsers } from '../../../examples/campaigns/generated/gets.ts';
import type { Client } from '../../../src/client/open-client.ts';
import type { ClientOptions } from '../../../src/client/options.ts';
import type { Metrics } from '../../../src/domain/ports/metrics.ts';
import { campaign, user } from '../rows.ts';
import { useFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { clear: false });

/** Instead of the 100 of the plan: fewer rows to make. */
const MOST = 20;

interface Counted {
  readonly name: string;
  readonly value: number;
  readonly pattern: string | undefined;
}

/** What a client counts, one entry per observation. */
function counting(): Metrics & { readonly counted: Counted[] } {
  const counted: Counted[] = [];
  return {
    counted,
    count: (name, value, dimensions) => void counted.push({ name, value, pattern: dimensions?.['Pattern'] }),
    milliseconds: () => {},
    flush: () => Promise.resolve(),
  };
}

function searches({ counted }: { readonly counted: readonly Counted[] }): readonly Counted[] {
  return counted.filter(({ name, pattern }) => name === 'SearchCapacity' && pattern !== undefined);
}

/** A client of its own process, whose reads DynamoDB answers. */
function reader(more: Partial<ClientOptions> = {}): Promise<Client> {
  const plan = { ...fixture.plan, search: { ...fixture.plan.search, maxFilteredItems: MOST } };
  return fixture.client({ plan, ...controlIn('reads', 100), compare: { reads: 0 }, ...more });
}

function controlIn(mode: 'dual' | 'reads', readPercent = 0): Pick<ClientOptions, 'control'> {
  const state = { mode, readPercent, epoch: 1, generation: 1, stoppedFrom: null, mappingRevision: 0 };
  return { control: { ...fixture.control, mode: () => Promise.resolve(state) } };
}

/** A campaign with so many characters, every tenth a bard. */
async function cast(count: number): Promise<string> {
  const owner = user();
  const home = campaign(owner.id);
  const writer = await fixture.client(controlIn('dual'));
  await writer.put('USER', owner);
  await writer.put('CAMPAIGN', home);
  await fixture.psql.query(
    `INSERT INTO characters (user_id, campaign_id, name, class, level, attributes, backstory)
     SELECT $1, $2, 'n', CASE WHEN n % 10 = 0 THEN 'bard' ELSE 'rogue' END, 1, '{}', repeat('x', 1000) FROM generate_series(1, $3::int) n`,
    [owner.id, home.id, count],
  );
  await fixture.relay();
  return home.id;
}

test('a search by filter answers up to the limit of the plan, and refuses past it with the remedy', async () => {
  const [within, past] = [await cast(MOST), await cast(MOST + 1)];
  const client = await reader();
  expect(await charactersByClass(client, { campaign_id: within, class: 'bard' })).toHaveLength(2);
  await expect(charactersByClass(client, { campaign_id: past, class: 'bard' })).rejects.toMatchObject({
    name: 'SearchTooBroad',
    retryable: false,
    fields: { pattern: 'charactersByClass', filteredBy: ['class'], limit: MOST },
    message: expect.stringMatching(/more than 20 items \(search\.maxFilteredItems\)\. Add class to an index key/),
  });
  // Without the filter it is no search, but a list that is shown whole.
  expect(await charactersByClass(client, { campaign_id: past })).toHaveLength(MOST + 1);
  expect(await charactersOfCampaign(client, { campaign_id: past })).toHaveLength(MOST + 1);
});

test('a refused search has read no more than it takes to know', async () => {
  const past = await cast(4 * MOST);
  const metrics = counting();
  const client = await reader({ metrics });
  await expect(charactersByClass(client, { campaign_id: past, class: 'bard' })).rejects.toThrow(/more than 20 items/);
  await charactersOfCampaign(client, { campaign_id: past });
  const [refused, whole] = searches(metrics);
  expect(refused?.value).toBeGreaterThan(0);
  expect(refused?.value).toBeLessThan((whole?.value ?? 0) / 2);
});

test('capacity is counted once per search, over all its pages, for the alarm and for the pattern', async () => {
  const home = await cast(MOST);
  const metrics = counting();
  const client = await reader({ metrics });
  await charactersByClass(client, { campaign_id: home, class: 'bard' });
  const all = metrics.counted.filter(({ name }) => name === 'SearchCapacity');
  expect(all.map(({ pattern }) => pattern)).toEqual(['charactersByClass', undefined]);
  expect(all[0]?.value).toBe(all[1]?.value);
  // Items of over 1,000 bytes, read with eventual consistency: half a unit for 4 KB.
  expect(all[0]?.value).toBeGreaterThan(MOST / 8);
});

test('a search by filter goes on page by page, and each page is counted as one search', async () => {
  const home = await cast(40);
  const { charactersByClass: pattern, ...others } = fixture.plan.patterns;
  if (pattern === undefined) throw new Error('no such pattern');
  const metrics = counting();
  const client = await reader({
    metrics,
    plan: { ...fixture.plan, patterns: { ...others, charactersByClass: { ...pattern, limit: 2 } } },
  });
  const first = await charactersByClass(client, { campaign_id: home, class: 'bard' });
  const second = await charactersByClass(client, { campaign_id: home, class: 'bard' }, { after: first.next });
  expect([first.length, second.length]).toEqual([2, 2]);
  expect(searches(metrics)).toHaveLength(2);
  expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(4);
});

test('RACE-41 reads are eventually consistent, except of what this process has just written', async () => {
  const sent: (boolean | undefined)[] = [];
  const table = {
    ...fixture.table,
    get: (...[keys, options]: Parameters<typeof fixture.table.get>) => {
      sent.push(options.consistent);
      return fixture.table.get(keys, options);
    },
  };
  const row = user();
  const client = await reader({ table });
  await client.put('USER', row);
  expect(await getUser(client, { id: row.id })).toMatchObject({ email: row.email });
  expect(sent[0]).toBe(true);
  sent.length = 0;
  const other = await reader({ table });
  await fixture.sweep();
  expect(await getUsers(other, [{ id: row.id }])).toHaveLength(1);
  expect(sent[0]).toBe(false);
});
