import { passwordOf } from './passwords.ts';
import { optionalText, paragraph, title, transcript, textSamplesOf } from './random-text.ts';
import { randomOf } from './random.ts';
import type { Random } from './random.ts';
import type { Size } from './size.ts';

/** Columns as `json_populate_recordset` reads them. */
export type Row = Readonly<Record<string, string | number | boolean | null | object>>;

/** The reference data: each row depends on the seed and its own number only. */
export interface Rows {
  user(index: number): Row & { readonly id: string; readonly email: string };
  campaign(index: number): Row & { readonly id: string; readonly owner_id: string };
  session(index: number): Row & { readonly id: string; readonly user_id: string; readonly campaign_id: string };
  character(index: number): Row & { readonly id: string; readonly campaign_id: string };
  password(user: number): string;
}

const TIERS = ['free', 'free', 'player', 'game master'] as const;
const SYSTEMS = ['dungeons', 'call of the deep', 'starfarer', 'homebrew'] as const;
export const CLASSES = ['fighter', 'wizard', 'rogue', 'cleric', 'bard', 'ranger'] as const;
const TAGS = [
  'one-shot',
  'long',
  'a,b',
  'with "quotes"',
  'ünïcode',
  '{}',
  'NULL',
  '龍',
  '',
  '🎲',
  'back\\slash',
] as const;
const DAY = 86_400_000;
const EPOCH = Date.UTC(2019, 0, 1);
const LAST = Date.UTC(2026, 9, 31);
/** The power user is user 0 and leads the first campaigns. */
const POWER_CAMPAIGNS = 20;

/** The rows of this seed and size; `hashes` gives the password hash of a user. */
export function rowsOf(seed: number, size: Size, hashes: (user: number) => string): Rows {
  const stream = (table: string, index: number): Random => randomOf(seed, `${table} ${index}`);
  const idOf = (table: string, index: number): string => randomOf(seed, `${table} ${index} id`).uuid();
  const ownerOf = (campaign: number): number =>
    campaign < POWER_CAMPAIGNS ? 0 : 1 + randomOf(seed, `owner ${campaign}`).between(0, size.users - 2);

  return {
    password: (user) => passwordOf(seed, user),

    user(index) {
      const random = stream('user', index);
      const samples = textSamplesOf(random);
      const created = timestamp(random);
      return {
        id: idOf('user', index),
        email: `player${index}.${random.between(100, 999)}@tavern${index % 7}.example`,
        display_name: random.pick(samples.names),
        bio: optionalText(random, () => paragraph(random, samples)),
        password_hash: hashes(index),
        plan: random.pick(TIERS),
        is_active: random.chance(0.9),
        birthday: random.chance(0.6) ? timestamp(random).slice(0, 10) : null,
        avatar: avatar(random),
        tags: tags(random),
        settings: settings(random, samples.words[0]),
        created_at: created,
        updated_at: created,
      };
    },

    campaign(index) {
      const random = stream('campaign', index);
      const samples = textSamplesOf(random);
      const created = timestamp(random);
      return {
        id: idOf('campaign', index),
        owner_id: idOf('user', ownerOf(index)),
        title: title(random, samples),
        description: optionalText(random, () => paragraph(random, samples)),
        system: random.pick(SYSTEMS),
        budget: money(random),
        is_public: random.chance(0.3),
        tags: tags(random),
        created_at: created,
        updated_at: created,
      };
    },

    session(index) {
      const random = stream('session', index);
      const samples = textSamplesOf(random);
      const power = index < size.powerSessions;
      const campaign = power
        ? random.between(0, POWER_CAMPAIGNS - 1)
        : random.between(POWER_CAMPAIGNS, size.campaigns - 1);
      const keeper = power ? 0 : random.chance(0.7) ? ownerOf(campaign) : random.between(1, size.users - 1);
      const heading = title(random, samples);
      const started = timestamp(random);
      const open = random.chance(power ? 0.01 : 0.04);
      return {
        id: idOf('session', index),
        user_id: idOf('user', keeper),
        campaign_id: idOf('campaign', campaign),
        number: random.between(1, 400),
        title: heading,
        started_at: started,
        ended_at: open ? null : later(started, random),
        duration: open ? null : `${random.between(0, 11)}.${String(random.between(0, 99)).padStart(2, '0')}`,
        summary: optionalText(random, () => paragraph(random, samples)),
        transcript: transcriptBytes(random, index, (bytes) => transcript(random, samples, heading, bytes)),
        updated_at: started,
      };
    },

    character(index) {
      const random = stream('character', index);
      const samples = textSamplesOf(random);
      const created = timestamp(random);
      return {
        id: idOf('character', index),
        user_id: idOf('user', random.between(0, size.users - 1)),
        campaign_id: idOf('campaign', random.between(0, size.campaigns - 1)),
        name: random.pick(samples.names),
        class: random.pick(CLASSES),
        level: random.between(1, 20),
        is_alive: random.chance(0.8),
        attributes: {
          strength: random.between(3, 18),
          luck: random.next(),
          inventory: Array.from({ length: random.between(0, 4) }, () => random.pick(samples.words)),
          'dotted.key#1': random.chance(0.5) ? null : random.pick(samples.sentences),
        },
        backstory: optionalText(random, () => paragraph(random, samples)),
        created_at: created,
        updated_at: created,
      };
    },
  };
}

/** A tenth of the sessions have a transcript; most are short, one in 500 of those passes DynamoDB's 400 KB. */
function transcriptBytes(random: Random, index: number, make: (bytes: number) => string): string | null {
  if (index % 10 !== 3) return random.chance(0.02) ? '' : null;
  if (index % 5_000 === 3) return make(random.between(410_000, 700_000));
  return make(10_000 + Math.floor(87_000 * random.next() ** 4));
}

/** Microseconds, as PostgreSQL keeps them; now and then a whole second. */
function timestamp(random: Random): string {
  const at = new Date(EPOCH + Math.floor(random.next() * (LAST - EPOCH)));
  const micros = random.chance(0.1) ? '000000' : String(random.between(0, 999_999)).padStart(6, '0');
  return `${at.toISOString().slice(0, 19)}.${micros}Z`;
}

function later(started: string, random: Random): string {
  return new Date(Date.parse(started) + Math.floor(random.next() * 0.4 * DAY)).toISOString();
}

function money(random: Random): string {
  const cents = String(random.between(0, 99)).padStart(2, '0');
  return random.chance(0.02) ? `9999999999.${cents}` : `${random.between(-200, 20_000)}.${cents}`;
}

function tags(random: Random): readonly string[] {
  return Array.from({ length: random.between(0, 3) }, () => random.pick(TAGS));
}

/** A small picture's worth of bytes, an empty one, or none. */
function avatar(random: Random): string | null {
  if (random.chance(0.7)) return null;
  const bytes = random.chance(0.1) ? new Uint8Array() : random.bytes(random.between(16, 600));
  return `\\x${Buffer.from(bytes).toString('hex')}`;
}

function settings(random: Random, word: string): object {
  return {
    theme: random.pick(['dark', 'light', word]),
    dice: { sides: [4, 6, 20], lucky: random.between(1, 20), weight: 0.1 + random.between(0, 9) / 10 },
    notify: random.chance(0.5),
    nothing: null,
    empty: random.chance(0.5) ? {} : [],
  };
}
