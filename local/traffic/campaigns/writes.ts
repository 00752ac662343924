import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { KEY_COLUMNS, COLUMNS } from '../ledger/columns.ts';
import type { EntityName } from '../ledger/columns.ts';
import * as compose from './new-rows.ts';
import type { TrafficOperation, Values } from '../traffic-client.ts';
import type { KnownRow } from './campaign-rows.ts';
import { countsOf } from './campaign-rows.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { readBack } from './reads.ts';
import { withRetry } from '../retry.ts';
import { CONTENDED_CHARACTERS, ownIndex } from './operation-context.ts';
import type { OperationContext } from './operation-context.ts';
import { canonicalRow } from '../ledger/canonical-row.ts';
import { keepsAddress } from './sign-ins.ts';

const PATIENCE_MS = 30_000;

/** One write of a signed-in user, entered in the ledger before and after. */
export async function writeSomething(context: OperationContext): Promise<void> {
  const roll = context.random.between(1, 100);
  if (roll <= 24) return create(context, 'SESSION', compose.newSession(context));
  if (roll <= 44) return update(context, pickEntry(context, 'SESSION'), compose.sessionChanges);
  if (roll <= 50) return remove(context, pickEntry(context, 'SESSION'));
  if (roll <= 58) return create(context, 'CHARACTER', compose.newCharacter(context));
  if (roll <= 66) return update(context, pickEntry(context, 'CHARACTER'), compose.characterChanges);
  if (roll <= 69) return update(context, pickEntry(context, 'CHARACTER'), compose.characterMove);
  if (roll <= 72) return remove(context, pickEntry(context, 'CHARACTER'));
  if (roll <= 82) return update(context, pickUser(context), compose.profileChanges);
  if (roll <= 85) return update(context, pickMover(context), compose.emailChange);
  if (roll <= 90) return update(context, pickEntry(context, 'CAMPAIGN'), compose.campaignChanges);
  if (roll <= 95) return foundCampaign(context);
  if (roll <= 97) return closeCampaign(context);
  return updateContended(context);
}

async function create(
  context: OperationContext,
  entity: EntityName,
  row: Values & { readonly id: string },
): Promise<void> {
  const settled = canonicalRow(entity, { ...empty(entity), ...row });
  const entry: KnownRow = { entity, id: row.id, row: settled };
  let stored = false;
  await acknowledged(
    context,
    [{ entity, id: row.id, change: { put: settled } }],
    () => context.client.put(entity, row),
    {
      done: () => {
        stored = true;
        context.campaignRows.recordWrite(context.worker, entry);
      },
      inDoubt: () => undefined,
    },
  );
  if (stored && context.random.chance(0.3)) await readBack(context, entry);
}

async function update(
  context: OperationContext,
  entry: KnownRow | null,
  change: (random: Random, context: OperationContext) => Values,
): Promise<void> {
  if (entry === null) return;
  const { entity } = entry;
  const changes = change(context.random, context);
  const set = canonicalRow(entity, changes);
  const after: KnownRow = { ...entry, row: { ...entry.row, ...set } };
  let settled = false;
  await acknowledged(
    context,
    [ledgerWrite(entry, { set })],
    () => context.client.update(entity, keyOf(entry), changes),
    {
      done: () => {
        settled = true;
        context.campaignRows.recordWrite(context.worker, after);
      },
      inDoubt: () => retire(context, entry),
    },
  );
  if (settled && context.random.chance(0.3)) await readBack(context, after);
}

async function remove(context: OperationContext, entry: KnownRow | null): Promise<void> {
  if (entry === null) return;
  await acknowledged(
    context,
    [ledgerWrite(entry, { deleted: true })],
    () => context.client.delete(entry.entity, keyOf(entry)),
    {
      done: () => context.campaignRows.retire(context.worker, entry.entity, entry.id),
      inDoubt: () => retire(context, entry),
    },
  );
}

/** A campaign with its first session and character: all three or none (RACE-18). */
async function foundCampaign(context: OperationContext): Promise<void> {
  const campaign = compose.newCampaign(context);
  const own = { campaign_id: campaign.id, user_id: campaign['owner_id'] };
  const made: readonly (readonly [EntityName, Values & { readonly id: string }])[] = [
    ['CAMPAIGN', campaign],
    ['SESSION', { ...compose.newSession(context), ...own }],
    ['CHARACTER', { ...compose.newCharacter(context), ...own }],
  ];
  const entries = made.map(([entity, row]): KnownRow => ({
    entity,
    id: row.id,
    row: canonicalRow(entity, { ...empty(entity), ...row }),
  }));
  await acknowledged(
    context,
    entries.map(({ entity, id, row }) => ({ entity, id, change: { put: row } })),
    () => context.client.transact(made.map(([put, row]): TrafficOperation => ({ put, row }))),
    {
      done: () => entries.forEach((entry) => context.campaignRows.recordWrite(context.worker, entry)),
      inDoubt: () => undefined,
    },
  );
}

/** Deletes such a campaign with everything in it. */
async function closeCampaign(context: OperationContext): Promise<void> {
  const campaign = context.campaignRows.created(context.worker, 'CAMPAIGN')[0];
  if (campaign === undefined) return;
  const inside = (['SESSION', 'CHARACTER'] as const).flatMap((entity) =>
    context.campaignRows.created(context.worker, entity).filter((entry) => entry.row['campaign_id'] === campaign.id),
  );
  const all = [...inside, campaign];
  const gone = (): void => all.forEach((entry) => context.campaignRows.retire(context.worker, entry.entity, entry.id));
  await acknowledged(
    context,
    all.map((entry) => ledgerWrite(entry, { deleted: true })),
    () => context.client.transact(all.map((entry) => ({ delete: entry.entity, key: keyOf(entry) }))),
    { done: gone, inDoubt: gone },
  );
}

/** Several workers change the same few rows; both columns at once, so that a blend of two writes would show. */
async function updateContended(context: OperationContext): Promise<void> {
  const index = context.random.between(0, CONTENDED_CHARACTERS - 1);
  const entry = context.campaignRows.seeded('CHARACTER', index);
  if (entry === null) return;
  const level = context.random.between(1, 1_000_000);
  const changes = { level, backstory: `fought over at level ${level}` };
  await acknowledged(
    context,
    [{ ...ledgerWrite(entry, { set: canonicalRow('CHARACTER', changes) }), contended: true }],
    () => context.client.update('CHARACTER', keyOf(entry), changes),
    { done: () => undefined, inDoubt: () => undefined },
  );
}

async function acknowledged(
  { ledger, trafficMetrics }: OperationContext,
  writes: readonly LedgerWrite[],
  send: () => Promise<unknown>,
  then: { readonly done: () => void; readonly inDoubt: () => void },
): Promise<void> {
  const attempt = ledger.attempt(writes);
  const start = performance.now();
  try {
    await withRetry(PATIENCE_MS, trafficMetrics.retried, send);
  } catch (error) {
    trafficMetrics.failed('write', error);
    then.inDoubt();
    return;
  }
  ledger.ack(attempt);
  trafficMetrics.ok('write', performance.now() - start);
  then.done();
}

function pickEntry(context: OperationContext, entity: EntityName): KnownRow | null {
  const created = context.campaignRows.created(context.worker, entity);
  if (created.length > 0 && context.random.chance(0.5)) {
    return created[context.random.between(0, created.length - 1)] ?? null;
  }
  const from = entity === 'CHARACTER' ? CONTENDED_CHARACTERS : 0;
  return context.campaignRows.seeded(entity, ownIndex(context, countsOf(context.campaignRows.size)[entity], from));
}

function pickUser(context: OperationContext): KnownRow | null {
  return context.campaignRows.seeded('USER', ownIndex(context, context.campaignRows.size.users));
}

/** One of the users whose address may change: the others sign in with theirs. */
function pickMover(context: OperationContext): KnownRow | null {
  const index = ownIndex(context, context.campaignRows.size.users);
  return keepsAddress(index) ? null : context.campaignRows.seeded('USER', index);
}

/**
 * A row in doubt is not written again, and neither is its campaign, because its deletion would be
 * in doubt as well.
 */
function retire({ campaignRows, worker }: OperationContext, { entity, id, row }: KnownRow): void {
  campaignRows.retire(worker, entity, id);
  const campaign = row['campaign_id'];
  if (typeof campaign === 'string') campaignRows.retire(worker, 'CAMPAIGN', campaign);
}

function ledgerWrite({ entity, id, seeded }: KnownRow, change: LedgerWrite['change']): LedgerWrite {
  return seeded === undefined ? { entity, id, change } : { entity, id, change, seeded };
}

function keyOf(entry: KnownRow): Values {
  return Object.fromEntries(KEY_COLUMNS[entry.entity].map((column) => [column, entry.row[column]]));
}

/** A new row's columns that the application leaves out are NULL. */
function empty(entity: EntityName): Values {
  return Object.fromEntries(Object.keys(COLUMNS[entity].columns).map((column) => [column, null]));
}
