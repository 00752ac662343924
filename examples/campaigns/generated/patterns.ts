// Written by `portage generate` from the plan campaigns: change the plan, not this file.

import { type QueryOptions } from '../../../src/client/read/reader.ts';
import { queryRows, unexpectedEntity, type Bounds, type Page, type PatternReader } from '../../../src/client/typed-read.ts';
import { EntityType } from './entity-type.ts';
import { toUser, toCampaign, toListedSession, toCharacter, type User, type Campaign, type ListedSession, type Character } from './rows.ts';

export type UserByEmailArguments = { readonly email: string };

/**
 * One Query on GSI1: PK = `EMAIL#{email|lower}`, SK begins with `USER#`.
 * Rows by id, ascending, all at once.
 */
export function userByEmail(client: PatternReader, args: UserByEmailArguments, options?: QueryOptions): Promise<Page<User>> {
  return queryRows(client, 'userByEmail', args, options, toUser);
}

export type CampaignsOfOwnerArguments = { readonly owner_id: string };

/**
 * One Query on GSI1: PK = `OWNER#{owner_id}`, SK begins with `CAMPAIGN#`.
 * Rows by created_at, then id, descending, 50 a page.
 */
export function campaignsOfOwner(client: PatternReader, args: CampaignsOfOwnerArguments, options?: QueryOptions): Promise<Page<Campaign>> {
  return queryRows(client, 'campaignsOfOwner', args, options, toCampaign);
}

export type CampaignsByTitleArguments = { readonly owner_id: string; readonly title?: string };

/**
 * One Query on GSI2: PK = `SHELF#{owner_id}`, SK begins with `CAMPAIGN#`; `title` begins with a text, where given.
 * Rows by title, then id, ascending, 20 a page.
 */
export function campaignsByTitle(client: PatternReader, args: CampaignsByTitleArguments, options?: QueryOptions): Promise<Page<Campaign>> {
  return queryRows(client, 'campaignsByTitle', args, options, toCampaign);
}

export type SessionsOfCampaignArguments = { readonly user_id: string; readonly campaign_id: string };

/**
 * One Query on the base table: PK = `USER#{user_id}`, SK begins with `SESSION#{campaign_id}#`.
 * Rows by id, ascending, 100 a page.
 * Of an owner whose rows are spread, every shard is asked, side by side.
 */
export function sessionsOfCampaign(client: PatternReader, args: SessionsOfCampaignArguments, options?: QueryOptions): Promise<Page<ListedSession>> {
  return queryRows(client, 'sessionsOfCampaign', args, options, toListedSession);
}

export type OpenSessionsArguments = { readonly 'campaign_id.owner_id': string; readonly started_at?: Bounds<string | Date> };

/**
 * One Query on GSI2: PK = `OPEN#{campaign_id.owner_id}`, SK begins with `SESSION#`; `started_at` within bounds, where given.
 * Rows by started_at, then id, descending, 50 a page.
 */
export function openSessions(client: PatternReader, args: OpenSessionsArguments, options?: QueryOptions): Promise<Page<ListedSession>> {
  return queryRows(client, 'openSessions', args, options, toListedSession);
}

export type CharactersOfCampaignArguments = { readonly campaign_id: string };

/**
 * One Query on the base table: PK = `CAMPAIGN#{campaign_id}`, SK begins with `CHARACTER#`.
 * Rows by id, ascending, all at once.
 */
export function charactersOfCampaign(client: PatternReader, args: CharactersOfCampaignArguments, options?: QueryOptions): Promise<Page<Character>> {
  return queryRows(client, 'charactersOfCampaign', args, options, toCharacter);
}

export type CharactersByClassArguments = { readonly campaign_id: string; readonly class?: string };

/**
 * One Query on the base table: PK = `CAMPAIGN#{campaign_id}`, SK begins with `CHARACTER#`.
 * Rows by id, ascending, all at once.
 * A search by class reads at most 100 items, else it refuses.
 */
export function charactersByClass(client: PatternReader, args: CharactersByClassArguments, options?: QueryOptions): Promise<Page<Character>> {
  return queryRows(client, 'charactersByClass', args, options, toCharacter);
}

export type CharactersOfPlayerArguments = { readonly user_id: string };

/**
 * One Query on GSI1: PK = `PLAYER#{user_id}`, SK begins with `CHARACTER#`.
 * Rows by created_at, then id, descending, 50 a page.
 */
export function charactersOfPlayer(client: PatternReader, args: CharactersOfPlayerArguments, options?: QueryOptions): Promise<Page<Character>> {
  return queryRows(client, 'charactersOfPlayer', args, options, toCharacter);
}

export type UserWithSessionsArguments = { readonly id: string };

export type UserWithSessionsRow =
  | { readonly entity: typeof EntityType.USER; readonly row: User }
  | { readonly entity: typeof EntityType.SESSION; readonly row: ListedSession };

/**
 * One Query on the base table: PK = `USER#{id}`.
 * Rows by sort key, ascending, all at once.
 * Of an owner whose rows are spread, every shard is asked, side by side.
 */
export function userWithSessions(client: PatternReader, args: UserWithSessionsArguments, options?: QueryOptions): Promise<Page<UserWithSessionsRow>> {
  return queryRows(client, 'userWithSessions', args, options, (row, entity): UserWithSessionsRow => {
    switch (entity) {
      case EntityType.USER:
        return { entity: EntityType.USER, row: toUser(row) };
      case EntityType.SESSION:
        return { entity: EntityType.SESSION, row: toListedSession(row) };
      default:
        throw unexpectedEntity('userWithSessions', entity);
    }
  });
}
