import { hash } from 'node:crypto';
import type { ItemKey } from '../item.ts';
import { type Identity, type ImageValue, isBodyRef } from '../row.ts';

/**
 * What is wrong with a row. `key`: the item stands where its row does not belong; `shard`: right but for the shard; `type`: an
 * attribute of another type; `attribute`: one that is surplus or absent, though every column is right; `unique`: a uniqueness item is absent or names another owner; `body`:
 * another body than the row's, or none; `refused`: the row holds a value that has no form in the target.
 */
export const DAMAGES = [
  'extra',
  'missing',
  'refused',
  'key',
  'shard',
  'type',
  'unreadable',
  'value',
  'index',
  'unique',
  'body',
  'attribute',
] as const;
export type Damage = (typeof DAMAGES)[number];

/** One field that differs. Values are hashes: a report of differences must not carry personal data away. */
export interface Difference {
  readonly field: string;
  readonly damage: Damage;
  readonly source: string;
  readonly target: string;
}

/** A row that differs, or one that never stood still long enough to be judged. */
export interface Finding {
  readonly entity: string | null;
  readonly identity: Identity | null;
  readonly key: ItemKey | null;
  readonly damage: Damage;
  readonly differences: readonly Difference[];
  /** `_v` and `_at` of the item, changelog seq of the row; null where there is none. */
  readonly version: number | null;
  readonly at: string | null;
  readonly seq: number | null;
  /** How long this very difference was observed. */
  readonly observedMs: number;
}

/** The damage that names a row with these differences: the most telling, in the order of `DAMAGES`. */
export function worst(differences: readonly Difference[]): Damage | null {
  return DAMAGES.find((damage) => differences.some((difference) => difference.damage === damage)) ?? null;
}

/** A value as a report may show it: enough to see that two differ, and how (NULL against '', shorter text), never what they say. */
export function redact(value: ImageValue | undefined): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'NULL';
  if (isBodyRef(value)) return `body ${value.sha256.slice(0, 12)} of ${value.bytes} bytes`;
  return `sha256 ${hash('sha256', value, 'hex').slice(0, 12)} of ${value.length} characters`;
}
