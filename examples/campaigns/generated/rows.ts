// Written by `portage generate` from the plan campaigns: change the plan, not this file.

import { bytes, document, field, flag, list, numeric, orNull, orReference, text, type List } from '../../../src/client/field.ts';
import { type ApplicationRow, type ReadValue } from '../../../src/domain/mapping/items/application-row.ts';
import { type BodyRef } from '../../../src/domain/row.ts';

/** A row of `users`, as the client shows values. */
export type User = {
  readonly id: string;
  readonly email: string;
  readonly display_name: string;
  readonly bio: string | null;
  readonly plan: string;
  readonly is_active: boolean;
  readonly birthday: string | null;
  readonly avatar: Uint8Array | null;
  readonly tags: List<string>;
  readonly settings: ReadValue;
  readonly created_at: string;
  readonly updated_at: string;
};

export function toUser(row: ApplicationRow): User {
  return {
    id: field(row, 'id', text),
    email: field(row, 'email', text),
    display_name: field(row, 'display_name', text),
    bio: field(row, 'bio', orNull(text)),
    plan: field(row, 'plan', text),
    is_active: field(row, 'is_active', flag),
    birthday: field(row, 'birthday', orNull(text)),
    avatar: field(row, 'avatar', orNull(bytes)),
    tags: field(row, 'tags', list(text)),
    settings: field(row, 'settings', document),
    created_at: field(row, 'created_at', text),
    updated_at: field(row, 'updated_at', text),
  };
}

/** A row of `campaigns`, as the client shows values. */
export type Campaign = {
  readonly id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly description: string | null;
  readonly system: string;
  readonly budget: string;
  readonly is_public: boolean;
  readonly tags: List<string>;
  readonly created_at: string;
  readonly updated_at: string;
};

export function toCampaign(row: ApplicationRow): Campaign {
  return {
    id: field(row, 'id', text),
    owner_id: field(row, 'owner_id', text),
    title: field(row, 'title', text),
    description: field(row, 'description', orNull(text)),
    system: field(row, 'system', text),
    budget: field(row, 'budget', text),
    is_public: field(row, 'is_public', flag),
    tags: field(row, 'tags', list(text)),
    created_at: field(row, 'created_at', text),
    updated_at: field(row, 'updated_at', text),
  };
}

/** A row of `sessions`, as the client shows values. */
export type Session = {
  readonly id: string;
  readonly user_id: string;
  readonly campaign_id: string;
  readonly number: number;
  readonly title: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly duration: string | null;
  readonly summary: string | null;
  readonly transcript: string | null;
  readonly updated_at: string;
};

export function toSession(row: ApplicationRow): Session {
  return {
    id: field(row, 'id', text),
    user_id: field(row, 'user_id', text),
    campaign_id: field(row, 'campaign_id', text),
    number: field(row, 'number', numeric),
    title: field(row, 'title', text),
    started_at: field(row, 'started_at', text),
    ended_at: field(row, 'ended_at', orNull(text)),
    duration: field(row, 'duration', orNull(text)),
    summary: field(row, 'summary', orNull(text)),
    transcript: field(row, 'transcript', orNull(text)),
    updated_at: field(row, 'updated_at', text),
  };
}

/** Session as a pattern returns it: transcript may be a reference; use `get` for the value. */
export type ListedSession = {
  readonly id: string;
  readonly user_id: string;
  readonly campaign_id: string;
  readonly number: number;
  readonly title: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly duration: string | null;
  readonly summary: string | null;
  readonly transcript: string | BodyRef | null;
  readonly updated_at: string;
};

export function toListedSession(row: ApplicationRow): ListedSession {
  return {
    id: field(row, 'id', text),
    user_id: field(row, 'user_id', text),
    campaign_id: field(row, 'campaign_id', text),
    number: field(row, 'number', numeric),
    title: field(row, 'title', text),
    started_at: field(row, 'started_at', text),
    ended_at: field(row, 'ended_at', orNull(text)),
    duration: field(row, 'duration', orNull(text)),
    summary: field(row, 'summary', orNull(text)),
    transcript: field(row, 'transcript', orNull(orReference(text))),
    updated_at: field(row, 'updated_at', text),
  };
}

/** A row of `characters`, as the client shows values. */
export type Character = {
  readonly id: string;
  readonly user_id: string;
  readonly campaign_id: string;
  readonly name: string;
  readonly class: string;
  readonly level: number;
  readonly is_alive: boolean;
  readonly attributes: ReadValue;
  readonly backstory: string | null;
  readonly created_at: string;
  readonly updated_at: string;
};

export function toCharacter(row: ApplicationRow): Character {
  return {
    id: field(row, 'id', text),
    user_id: field(row, 'user_id', text),
    campaign_id: field(row, 'campaign_id', text),
    name: field(row, 'name', text),
    class: field(row, 'class', text),
    level: field(row, 'level', numeric),
    is_alive: field(row, 'is_alive', flag),
    attributes: field(row, 'attributes', document),
    backstory: field(row, 'backstory', orNull(text)),
    created_at: field(row, 'created_at', text),
    updated_at: field(row, 'updated_at', text),
  };
}
