// Written by `portage generate` from the plan campaigns: change the plan, not this file.

import { type ReadOptions } from '../../../src/client/read/reader.ts';
import { getRows, type KeyReader } from '../../../src/client/typed-read.ts';
import { EntityType } from './entity-type.ts';
import { type UserKey, type CampaignKey, type SessionKey, type CharacterKey } from './keys.ts';
import { toUser, toCampaign, toSession, toCharacter, type User, type Campaign, type Session, type Character } from './rows.ts';

/** Rows of USER by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getUsers(client: KeyReader, keys: readonly UserKey[], options?: ReadOptions): Promise<readonly User[]> {
  return getRows(client, EntityType.USER, keys, options, toUser);
}

/** A row of USER, null where there is none. For several, `getUsers` asks once. */
export async function getUser(client: KeyReader, key: UserKey, options?: ReadOptions): Promise<User | null> {
  const [row] = await getUsers(client, [key], options);
  return row ?? null;
}

/** Rows of CAMPAIGN by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getCampaigns(client: KeyReader, keys: readonly CampaignKey[], options?: ReadOptions): Promise<readonly Campaign[]> {
  return getRows(client, EntityType.CAMPAIGN, keys, options, toCampaign);
}

/** A row of CAMPAIGN, null where there is none. For several, `getCampaigns` asks once. */
export async function getCampaign(client: KeyReader, key: CampaignKey, options?: ReadOptions): Promise<Campaign | null> {
  const [row] = await getCampaigns(client, [key], options);
  return row ?? null;
}

/** Rows of SESSION by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getSessions(client: KeyReader, keys: readonly SessionKey[], options?: ReadOptions): Promise<readonly Session[]> {
  return getRows(client, EntityType.SESSION, keys, options, toSession);
}

/** A row of SESSION, null where there is none. For several, `getSessions` asks once. */
export async function getSession(client: KeyReader, key: SessionKey, options?: ReadOptions): Promise<Session | null> {
  const [row] = await getSessions(client, [key], options);
  return row ?? null;
}

/** Rows of CHARACTER by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getCharacters(client: KeyReader, keys: readonly CharacterKey[], options?: ReadOptions): Promise<readonly Character[]> {
  return getRows(client, EntityType.CHARACTER, keys, options, toCharacter);
}

/** A row of CHARACTER, null where there is none. For several, `getCharacters` asks once. */
export async function getCharacter(client: KeyReader, key: CharacterKey, options?: ReadOptions): Promise<Character | null> {
  const [row] = await getCharacters(client, [key], options);
  return row ?? null;
}
