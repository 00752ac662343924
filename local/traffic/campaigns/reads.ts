import { EntityType } from '../../../examples/campaigns/generated/entity-type.ts';
import {
  getCampaign,
  getCampaigns,
  getCharacter,
  getSession,
  getUser,
} from '../../../examples/campaigns/generated/gets.ts';
import {
  campaignsByTitle,
  type CampaignsByTitleArguments,
  campaignsOfOwner,
  charactersByClass,
  charactersOfCampaign,
  charactersOfPlayer,
  openSessions,
  sessionsOfCampaign,
  userByEmail,
  userWithSessions,
} from '../../../examples/campaigns/generated/patterns.ts';
import { CLASSES } from '../../../examples/campaigns/generator/rows.ts';
import type { Row } from '../../../examples/campaigns/generator/rows.ts';
import type { ReadOptions } from '../../../src/client/read/reader.ts';
import type { TrafficClient } from '../traffic-client.ts';
import type { KnownRow } from './campaign-rows.ts';
import { timedRead } from '../timed-read.ts';
import type { OperationContext } from './operation-context.ts';
import { differences, canonicalRow } from '../ledger/canonical-row.ts';

/** One read of a page that some signed-in user looks at. */
export async function readSomething(context: OperationContext): Promise<void> {
  const { client, random, campaignRows } = context;
  const { rows, size } = campaignRows;
  const user = random.chance(0.02) ? 0 : random.between(0, size.users - 1);
  const { id: caller, email } = rows.user(user);
  const options = { caller };
  const campaign = rows.campaign(random.between(0, size.campaigns - 1));
  const roll = random.between(1, 100);
  await timedRead<unknown>(context.trafficMetrics, () => {
    if (roll <= 30) return getUser(client, { id: caller }, options);
    if (roll <= 52) {
      const { user_id, campaign_id } = rows.session(random.between(0, size.sessions - 1));
      return sessionsOfCampaign(client, { user_id, campaign_id }, { caller: user_id });
    }
    if (roll <= 62) return openSessions(client, { 'campaign_id.owner_id': caller }, options);
    if (roll <= 70) return campaignsOfOwner(client, { owner_id: caller }, options);
    if (roll <= 76) return charactersOfCampaign(client, { campaign_id: campaign.id }, options);
    if (roll <= 83) return campaignsByTitle(client, titleSearch(campaign), { caller: campaign.owner_id });
    if (roll <= 87) {
      return charactersByClass(client, { campaign_id: campaign.id, class: random.pick(CLASSES) }, options);
    }
    if (roll <= 91) return userByEmail(client, { email }, options);
    if (roll <= 94) return charactersOfPlayer(client, { user_id: caller }, options);
    if (roll <= 96 && user !== 0) return userWithSessions(client, { id: caller }, options);
    const keys = Array.from({ length: 5 }, () => ({ id: rows.campaign(random.between(0, size.campaigns - 1)).id }));
    return getCampaigns(client, keys, options);
  });
}

/** Reads a row that this worker has just written, as its user would: it must show what was acknowledged. */
export async function readBack(context: OperationContext, entry: KnownRow): Promise<void> {
  const caller = entry.row['user_id'] ?? entry.row['owner_id'] ?? entry.id;
  const found = await timedRead(context.trafficMetrics, () => shown(context.client, entry, { caller }));
  if (found === undefined) return;
  if (found === null) return context.trafficMetrics.staleRead(`${entry.entity} is not there`);
  const expected = entry.row;
  const settled = canonicalRow(entry.entity, found);
  const differing = differences(expected, settled);
  if (differing.length > 0) {
    const [column = ''] = differing;
    const values = `${JSON.stringify(settled[column] ?? null)}, not ${JSON.stringify(expected[column])}`;
    context.trafficMetrics.staleRead(`${entry.entity} ${differing.join(', ')}: ${values}`);
  }
}

/** A row as a detail page shows it, with its large values. */
function shown(
  client: TrafficClient,
  { entity, id, row }: KnownRow,
  options: ReadOptions,
): Promise<Readonly<Record<string, unknown>> | null> {
  const [user_id, campaign_id] = [row['user_id'] ?? '', row['campaign_id'] ?? ''];
  switch (entity) {
    case EntityType.USER:
      return getUser(client, { id }, options);
    case EntityType.CAMPAIGN:
      return getCampaign(client, { id }, options);
    case EntityType.SESSION:
      return getSession(client, { id, user_id, campaign_id }, options);
    case EntityType.CHARACTER:
      return getCharacter(client, { id, campaign_id }, options);
  }
}

/** The first words typed into a search box. */
function titleSearch(campaign: Row & { readonly owner_id: string }): CampaignsByTitleArguments {
  const title = String(campaign['title']);
  return { owner_id: campaign.owner_id, title: Array.from(title).slice(0, 3).join('') };
}
