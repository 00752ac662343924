// Written by `portage generate` from the plan campaigns: change the plan, not this file.

import { field, text } from '../../../src/client/field.ts';
import { type ItemKey } from '../../../src/domain/item.ts';
import { keyFormat, type BuildOptions } from '../../../src/domain/mapping/items/key-format.ts';
import { type ColumnType } from '../../../src/domain/mapping/values/types.ts';

const typeUuid: ColumnType = {"kind":"uuid","array":false,"name":"uuid","precision":null,"scale":null,"length":null};
const typeText: ColumnType = {"kind":"text","array":false,"name":"text","precision":null,"scale":null,"length":null};
const typeTimestamptz: ColumnType = {"kind":"timestamptz","array":false,"name":"timestamptz","precision":null,"scale":null,"length":null};

/** USER, base table: PK `USER#{id}`, SK `USER#{id}`. */
export type UserKey = { readonly id: string };

const formatUserKey = keyFormat('USER', { PK: 'USER#{id}', SK: 'USER#{id}' }, { id: typeUuid });

export function buildUserKey(key: UserKey): ItemKey {
  return formatUserKey.build(key);
}

/** Null for a key of another format. */
export function parseUserKey(key: ItemKey): UserKey | null {
  const found = formatUserKey.parse(key);
  return found === null ? null : { id: field(found, 'id', text) };
}

/** USER, GSI1: PK `EMAIL#{email|lower}`, SK `USER#{id}`. */
export type UserGSI1Key = { readonly email: string; readonly id: string };

const formatUserGSI1Key = keyFormat('USER', { PK: 'EMAIL#{email|lower}', SK: 'USER#{id}' }, { email: typeText, id: typeUuid });

export function buildUserGSI1Key(key: UserGSI1Key): ItemKey {
  return formatUserGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseUserGSI1Key(key: ItemKey): UserGSI1Key | null {
  const found = formatUserGSI1Key.parse(key);
  return found === null ? null : { email: field(found, 'email', text), id: field(found, 'id', text) };
}

/** USER, unique email: PK `UNIQUE#USER#email#{email|lower}`, SK `UNIQUE`. */
export type UserEmailUniqueKey = { readonly email: string };

const formatUserEmailUniqueKey = keyFormat('USER', { PK: 'UNIQUE#USER#email#{email|lower}', SK: 'UNIQUE' }, { email: typeText });

export function buildUserEmailUniqueKey(key: UserEmailUniqueKey): ItemKey {
  return formatUserEmailUniqueKey.build(key);
}

/** Null for a key of another format. */
export function parseUserEmailUniqueKey(key: ItemKey): UserEmailUniqueKey | null {
  const found = formatUserEmailUniqueKey.parse(key);
  return found === null ? null : { email: field(found, 'email', text) };
}

/** CAMPAIGN, base table: PK `CAMPAIGN#{id}`, SK `CAMPAIGN#{id}`. */
export type CampaignKey = { readonly id: string };

const formatCampaignKey = keyFormat('CAMPAIGN', { PK: 'CAMPAIGN#{id}', SK: 'CAMPAIGN#{id}' }, { id: typeUuid });

export function buildCampaignKey(key: CampaignKey): ItemKey {
  return formatCampaignKey.build(key);
}

/** Null for a key of another format. */
export function parseCampaignKey(key: ItemKey): CampaignKey | null {
  const found = formatCampaignKey.parse(key);
  return found === null ? null : { id: field(found, 'id', text) };
}

/** CAMPAIGN, GSI1: PK `OWNER#{owner_id}`, SK `CAMPAIGN#{created_at}#{id}`. */
export type CampaignGSI1Key = { readonly owner_id: string; readonly created_at: string | Date; readonly id: string };

export type ParsedCampaignGSI1Key = { readonly owner_id: string; readonly created_at: string; readonly id: string };

const formatCampaignGSI1Key = keyFormat('CAMPAIGN', { PK: 'OWNER#{owner_id}', SK: 'CAMPAIGN#{created_at}#{id}' }, { owner_id: typeUuid, created_at: typeTimestamptz, id: typeUuid });

export function buildCampaignGSI1Key(key: CampaignGSI1Key): ItemKey {
  return formatCampaignGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseCampaignGSI1Key(key: ItemKey): ParsedCampaignGSI1Key | null {
  const found = formatCampaignGSI1Key.parse(key);
  return found === null ? null : { owner_id: field(found, 'owner_id', text), created_at: field(found, 'created_at', text), id: field(found, 'id', text) };
}

/** CAMPAIGN, GSI2: PK `SHELF#{owner_id}`, SK `CAMPAIGN#{title}#{id}`. */
export type CampaignGSI2Key = { readonly owner_id: string; readonly title: string; readonly id: string };

const formatCampaignGSI2Key = keyFormat('CAMPAIGN', { PK: 'SHELF#{owner_id}', SK: 'CAMPAIGN#{title}#{id}' }, { owner_id: typeUuid, title: typeText, id: typeUuid });

export function buildCampaignGSI2Key(key: CampaignGSI2Key): ItemKey {
  return formatCampaignGSI2Key.build(key);
}

/** Null for a key of another format. */
export function parseCampaignGSI2Key(key: ItemKey): CampaignGSI2Key | null {
  const found = formatCampaignGSI2Key.parse(key);
  return found === null ? null : { owner_id: field(found, 'owner_id', text), title: field(found, 'title', text), id: field(found, 'id', text) };
}

/** SESSION, base table: PK `USER#{user_id}`, SK `SESSION#{campaign_id}#{id}`. Owners over 1000 rows are spread: `#SHARD#<n>` by `id`. */
export type SessionKey = { readonly user_id: string; readonly campaign_id: string; readonly id: string };

const formatSessionKey = keyFormat('SESSION', { PK: 'USER#{user_id}', SK: 'SESSION#{campaign_id}#{id}' }, { user_id: typeUuid, campaign_id: typeUuid, id: typeUuid }, { by: 'id', into: 8 });

export function buildSessionKey(key: SessionKey, options?: BuildOptions): ItemKey {
  return formatSessionKey.build(key, options);
}

/** Null for a key of another format. */
export function parseSessionKey(key: ItemKey): SessionKey | null {
  const found = formatSessionKey.parse(key);
  return found === null ? null : { user_id: field(found, 'user_id', text), campaign_id: field(found, 'campaign_id', text), id: field(found, 'id', text) };
}

/** SESSION, GSI2: PK `OPEN#{campaign_id.owner_id}`, SK `SESSION#{started_at}#{id}`. */
export type SessionGSI2Key = { readonly 'campaign_id.owner_id': string; readonly started_at: string | Date; readonly id: string };

export type ParsedSessionGSI2Key = { readonly 'campaign_id.owner_id': string; readonly started_at: string; readonly id: string };

const formatSessionGSI2Key = keyFormat('SESSION', { PK: 'OPEN#{campaign_id.owner_id}', SK: 'SESSION#{started_at}#{id}' }, { 'campaign_id.owner_id': typeUuid, started_at: typeTimestamptz, id: typeUuid });

export function buildSessionGSI2Key(key: SessionGSI2Key): ItemKey {
  return formatSessionGSI2Key.build(key);
}

/** Null for a key of another format. */
export function parseSessionGSI2Key(key: ItemKey): ParsedSessionGSI2Key | null {
  const found = formatSessionGSI2Key.parse(key);
  return found === null ? null : { 'campaign_id.owner_id': field(found, 'campaign_id.owner_id', text), started_at: field(found, 'started_at', text), id: field(found, 'id', text) };
}

/** CHARACTER, base table: PK `CAMPAIGN#{campaign_id}`, SK `CHARACTER#{id}`. */
export type CharacterKey = { readonly campaign_id: string; readonly id: string };

const formatCharacterKey = keyFormat('CHARACTER', { PK: 'CAMPAIGN#{campaign_id}', SK: 'CHARACTER#{id}' }, { campaign_id: typeUuid, id: typeUuid });

export function buildCharacterKey(key: CharacterKey): ItemKey {
  return formatCharacterKey.build(key);
}

/** Null for a key of another format. */
export function parseCharacterKey(key: ItemKey): CharacterKey | null {
  const found = formatCharacterKey.parse(key);
  return found === null ? null : { campaign_id: field(found, 'campaign_id', text), id: field(found, 'id', text) };
}

/** CHARACTER, GSI1: PK `PLAYER#{user_id}`, SK `CHARACTER#{created_at}#{id}`. */
export type CharacterGSI1Key = { readonly user_id: string; readonly created_at: string | Date; readonly id: string };

export type ParsedCharacterGSI1Key = { readonly user_id: string; readonly created_at: string; readonly id: string };

const formatCharacterGSI1Key = keyFormat('CHARACTER', { PK: 'PLAYER#{user_id}', SK: 'CHARACTER#{created_at}#{id}' }, { user_id: typeUuid, created_at: typeTimestamptz, id: typeUuid });

export function buildCharacterGSI1Key(key: CharacterGSI1Key): ItemKey {
  return formatCharacterGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseCharacterGSI1Key(key: ItemKey): ParsedCharacterGSI1Key | null {
  const found = formatCharacterGSI1Key.parse(key);
  return found === null ? null : { user_id: field(found, 'user_id', text), created_at: field(found, 'created_at', text), id: field(found, 'id', text) };
}
