import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { KEY_COLUMNS, COLUMNS } from '../ledger/columns.ts';
import type { EntityName } from '../ledger/columns.ts';
import * as compose from './new-rows.ts';
import type { JournalOperation, Values } from '../journal-client.ts';
import type { Entry } from './journal.ts';
import { countsOf } from './journal.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { readBack } from './reads.ts';
import { withRetry } from '../retry.ts';
import { CONTENDED_CHARACTERS, ownIndex } from './operation-context.ts';
import type { Scene } from './operation-context.ts';
import { settleRow } from '../ledger/canonical-row.ts';
import { keepsAddress } from './sign-ins.ts';

const PATIENCE_MS = 30_000;

/** One write of a signed-in user, entered in the ledger before and after. */
export async function writeSomething(scene: Scene): Promise<void> {
  const roll = scene.random.between(1, 100);
  if (roll <= 24) return create(scene, 'SESSION', compose.newSession(scene));
  if (roll <= 44) return update(scene, pickEntry(scene, 'SESSION'), compose.sessionChanges);
  if (roll <= 50) return remove(scene, pickEntry(scene, 'SESSION'));
  if (roll <= 58) return create(scene, 'CHARACTER', compose.newCharacter(scene));
  if (roll <= 66) return update(scene, pickEntry(scene, 'CHARACTER'), compose.characterChanges);
  if (roll <= 69) return update(scene, pickEntry(scene, 'CHARACTER'), compose.characterMove);
  if (roll <= 72) return remove(scene, pickEntry(scene, 'CHARACTER'));
  if (roll <= 82) return update(scene, pickUser(scene), compose.profileChanges);
  if (roll <= 85) return update(scene, pickMover(scene), compose.emailChange);
  if (roll <= 90) return update(scene, pickEntry(scene, 'CAMPAIGN'), compose.campaignChanges);
  if (roll <= 95) return foundCampaign(scene);
  if (roll <= 97) return closeCampaign(scene);
  return updateContended(scene);
}

async function create(scene: Scene, entity: EntityName, row: Values & { readonly id: string }): Promise<void> {
  const settled = settleRow(entity, { ...empty(entity), ...row });
  const entry: Entry = { entity, id: row.id, row: settled };
  await acknowledged(scene, [{ entity, id: row.id, change: { put: settled } }], () => scene.client.put(entity, row), {
    done: () => scene.journal.settle(scene.worker, entry),
    inDoubt: () => undefined,
  });
  if (scene.random.chance(0.3)) await readBack(scene, entry);
}

async function update(
  scene: Scene,
  entry: Entry | null,
  change: (random: Random, scene: Scene) => Values,
): Promise<void> {
  if (entry === null) return;
  const { entity } = entry;
  const changes = change(scene.random, scene);
  const set = settleRow(entity, changes);
  const after: Entry = { ...entry, row: { ...entry.row, ...set } };
  let settled = false;
  await acknowledged(scene, [ledgerWrite(entry, { set })], () => scene.client.update(entity, keyOf(entry), changes), {
    done: () => {
      settled = true;
      scene.journal.settle(scene.worker, after);
    },
    inDoubt: () => retire(scene, entry),
  });
  if (settled && scene.random.chance(0.3)) await readBack(scene, after);
}

async function remove(scene: Scene, entry: Entry | null): Promise<void> {
  if (entry === null) return;
  await acknowledged(
    scene,
    [ledgerWrite(entry, { deleted: true })],
    () => scene.client.delete(entry.entity, keyOf(entry)),
    { done: () => scene.journal.retire(scene.worker, entry.entity, entry.id), inDoubt: () => retire(scene, entry) },
  );
}

/** A campaign with its first session and character: all three or none (RACE 18). */
async function foundCampaign(scene: Scene): Promise<void> {
  const campaign = compose.newCampaign(scene);
  const own = { campaign_id: campaign.id, user_id: campaign['owner_id'] };
  const made: readonly (readonly [EntityName, Values & { readonly id: string }])[] = [
    ['CAMPAIGN', campaign],
    ['SESSION', { ...compose.newSession(scene), ...own }],
    ['CHARACTER', { ...compose.newCharacter(scene), ...own }],
  ];
  const entries = made.map(([entity, row]): Entry => ({
    entity,
    id: row.id,
    row: settleRow(entity, { ...empty(entity), ...row }),
  }));
  await acknowledged(
    scene,
    entries.map(({ entity, id, row }) => ({ entity, id, change: { put: row } })),
    () => scene.client.transact(made.map(([put, row]): JournalOperation => ({ put, row }))),
    { done: () => entries.forEach((entry) => scene.journal.settle(scene.worker, entry)), inDoubt: () => undefined },
  );
}

/** Takes such a campaign down again with everything in it. */
async function closeCampaign(scene: Scene): Promise<void> {
  const campaign = scene.journal.created(scene.worker, 'CAMPAIGN')[0];
  if (campaign === undefined) return;
  const inside = (['SESSION', 'CHARACTER'] as const).flatMap((entity) =>
    scene.journal.created(scene.worker, entity).filter((entry) => entry.row['campaign_id'] === campaign.id),
  );
  const all = [...inside, campaign];
  const gone = (): void => all.forEach((entry) => scene.journal.retire(scene.worker, entry.entity, entry.id));
  await acknowledged(
    scene,
    all.map((entry) => ledgerWrite(entry, { deleted: true })),
    () => scene.client.transact(all.map((entry) => ({ delete: entry.entity, key: keyOf(entry) }))),
    { done: gone, inDoubt: gone },
  );
}

/** Several workers change the same few rows; both columns at once, so that a blend of two writes would show. */
async function updateContended(scene: Scene): Promise<void> {
  const index = scene.random.between(0, CONTENDED_CHARACTERS - 1);
  const entry = scene.journal.seeded('CHARACTER', index);
  if (entry === null) return;
  const level = scene.random.between(1, 1_000_000);
  const changes = { level, backstory: `fought over at level ${level}` };
  await acknowledged(
    scene,
    [{ ...ledgerWrite(entry, { set: settleRow('CHARACTER', changes) }), contended: true }],
    () => scene.client.update('CHARACTER', keyOf(entry), changes),
    { done: () => undefined, inDoubt: () => undefined },
  );
}

async function acknowledged(
  { ledger, meter }: Scene,
  writes: readonly LedgerWrite[],
  send: () => Promise<unknown>,
  then: { readonly done: () => void; readonly inDoubt: () => void },
): Promise<void> {
  const attempt = ledger.attempt(writes);
  const start = performance.now();
  try {
    await withRetry(PATIENCE_MS, meter.retried, send);
  } catch (error) {
    meter.failed('write', error);
    then.inDoubt();
    return;
  }
  ledger.ack(attempt);
  meter.ok('write', performance.now() - start);
  then.done();
}

function pickEntry(scene: Scene, entity: EntityName): Entry | null {
  const created = scene.journal.created(scene.worker, entity);
  if (created.length > 0 && scene.random.chance(0.5)) {
    return created[scene.random.between(0, created.length - 1)] ?? null;
  }
  const from = entity === 'CHARACTER' ? CONTENDED_CHARACTERS : 0;
  return scene.journal.seeded(entity, ownIndex(scene, countsOf(scene.journal.size)[entity], from));
}

function pickUser(scene: Scene): Entry | null {
  return scene.journal.seeded('USER', ownIndex(scene, scene.journal.size.users));
}

/** One of the users whose address may change: the others sign in with theirs. */
function pickMover(scene: Scene): Entry | null {
  const index = ownIndex(scene, scene.journal.size.users);
  return keepsAddress(index) ? null : scene.journal.seeded('USER', index);
}

/** A row in doubt is left alone, and so is its campaign: whether that can be taken down is in doubt as well. */
function retire({ journal, worker }: Scene, { entity, id, row }: Entry): void {
  journal.retire(worker, entity, id);
  const campaign = row['campaign_id'];
  if (typeof campaign === 'string') journal.retire(worker, 'CAMPAIGN', campaign);
}

function ledgerWrite({ entity, id, seeded }: Entry, change: LedgerWrite['change']): LedgerWrite {
  return seeded === undefined ? { entity, id, change } : { entity, id, change, seeded };
}

function keyOf(entry: Entry): Values {
  return Object.fromEntries(KEY_COLUMNS[entry.entity].map((column) => [column, entry.row[column]]));
}

/** A new row's columns that the application leaves out are NULL. */
function empty(entity: EntityName): Values {
  return Object.fromEntries(Object.keys(COLUMNS[entity].columns).map((column) => [column, null]));
}
