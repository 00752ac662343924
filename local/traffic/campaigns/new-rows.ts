import { randomUUID } from 'node:crypto';

import type { Campaign, Character, Session, User } from '../../../examples/campaigns/generated/rows.ts';
import { paragraph, title, transcript, textSamplesOf } from '../../../examples/campaigns/generator/random-text.ts';
import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { CLASSES } from '../../../examples/campaigns/generator/rows.ts';
import type { ReadValue } from '../../../src/domain/mapping/items/application-row.ts';
import type { OperationContext } from './operation-context.ts';

type New<T extends { readonly id: string }> = Partial<T> & Pick<T, 'id'>;

/**
 * Generated rows and changes. Every column that has a database default is given, in all modes
 * alike.
 */
export function newSession({ random, campaignRows }: OperationContext): New<Session> {
  const samples = textSamplesOf(random);
  const { user_id, campaign_id } = campaignRows.rows.session(random.between(0, campaignRows.size.sessions - 1));
  const heading = title(random, samples);
  return {
    id: randomUUID(),
    user_id,
    campaign_id,
    number: random.between(1, 500),
    title: heading,
    started_at: now(),
    ended_at: null,
    duration: null,
    summary: random.chance(0.3) ? paragraph(random, samples) : null,
    transcript: random.chance(0.1) ? transcript(random, samples, heading, random.between(2_000, 40_000)) : null,
    updated_at: now(),
  };
}

/** The session ends, is summed up, or gets its transcript. */
export function sessionChanges(random: Random): Partial<Session> {
  const samples = textSamplesOf(random);
  const roll = random.next();
  if (roll < 0.4) {
    const minutes = String(random.between(0, 99)).padStart(2, '0');
    return { ended_at: now(), duration: `${random.between(0, 9)}.${minutes}` };
  }
  if (roll < 0.5) return { ended_at: null, duration: null };
  if (roll < 0.65) {
    return { transcript: transcript(random, samples, title(random, samples), random.between(2_000, 40_000)) };
  }
  return { summary: random.chance(0.1) ? null : random.chance(0.1) ? '' : paragraph(random, samples) };
}

export function newCharacter({ random, campaignRows }: OperationContext): New<Character> {
  const samples = textSamplesOf(random);
  return {
    id: randomUUID(),
    user_id: campaignRows.rows.user(random.between(0, campaignRows.size.users - 1)).id,
    campaign_id: anyCampaign(random, campaignRows),
    name: random.pick(samples.names),
    class: random.pick(CLASSES),
    level: 1,
    is_alive: true,
    attributes: attributes(random, random.pick(samples.words)),
    backstory: paragraph(random, samples),
    created_at: now(),
    updated_at: now(),
  };
}

export function characterChanges(random: Random): Partial<Character> {
  const samples = textSamplesOf(random);
  return random.chance(0.5)
    ? { level: random.between(1, 20), attributes: attributes(random, random.pick(samples.words)) }
    : { is_alive: random.chance(0.5), backstory: random.chance(0.2) ? null : paragraph(random, samples) };
}

/** The character changes to another campaign: its item moves to another key (RACE-22). */
export function characterMove(random: Random, { campaignRows }: OperationContext): Partial<Character> {
  return { campaign_id: anyCampaign(random, campaignRows) };
}

export function newCampaign({ random, campaignRows }: OperationContext): Campaign {
  const samples = textSamplesOf(random);
  return {
    id: randomUUID(),
    owner_id: campaignRows.rows.user(random.between(1, campaignRows.size.users - 1)).id,
    title: title(random, samples),
    description: random.chance(0.5) ? paragraph(random, samples) : null,
    system: random.pick(['dungeons', 'call of the deep', 'starfarer', 'homebrew']),
    budget: amount(random),
    is_public: random.chance(0.5),
    tags: ['new', random.pick(samples.words)],
    created_at: now(),
    updated_at: now(),
  };
}

export function campaignChanges(random: Random): Partial<Campaign> {
  const samples = textSamplesOf(random);
  return random.chance(0.5)
    ? { title: title(random, samples), tags: [random.pick(samples.words), ''] }
    : { budget: amount(random), is_public: random.chance(0.5), description: paragraph(random, samples) };
}

export function profileChanges(random: Random): Partial<User> {
  const samples = textSamplesOf(random);
  return random.chance(0.5)
    ? { bio: random.chance(0.2) ? null : paragraph(random, samples), display_name: random.pick(samples.names) }
    : { settings: { theme: random.pick(samples.words), dice: [4, random.between(1, 100)], ratio: random.next() } };
}

/** Sign-ins go by another address from now on; the uniqueness item moves with it (RACE-21). */
export function emailChange(random: Random): Partial<User> {
  return { email: `moved.${random.bits().toString(36)}.${random.bits().toString(36)}@tavern.example` };
}

function attributes(random: Random, word: string): ReadValue {
  return { strength: random.between(3, 18), luck: random.next(), inventory: [word, '🎲'], nothing: null };
}

function amount(random: Random): string {
  return `${random.between(0, 9_999_999)}.${String(random.between(0, 99)).padStart(2, '0')}`;
}

function anyCampaign(random: Random, campaignRows: OperationContext['campaignRows']): string {
  return campaignRows.rows.campaign(random.between(0, campaignRows.size.campaigns - 1)).id;
}

function now(): string {
  return new Date().toISOString();
}
