import { hash } from 'node:crypto';
import type { ItemKey } from '../../item.ts';
import { type Identity, type ImageValue, isBodyRef } from '../../row.ts';

/**
 * What is wrong with a row, the most telling first.
 *
 * | damage | the item … |
 * |---|---|
 * | `extra` | has no row: a deleted row came back, or somebody else wrote it |
 * | `missing` | is not there |
 * | `refused` | cannot exist: the row holds a value that has no form in the target |
 * | `key` | stands where its row does not belong |
 * | `shard` | is right but for its shard |
 * | `swapped` | holds another row's values, which holds this one's |
 * | `stale` | is of an older version of its row |
 * | `type` | has an attribute of another type |
 * | `unreadable` | could not have been written by the mapping |
 * | `null` | says '' where the row says NULL, or the reverse |
 * | `truncated` | holds the beginning of a text only |
 * | `precision` | lost digits |
 * | `time zone` | is off by whole quarters of an hour |
 * | `encoding` | holds the text in another encoding or Unicode form |
 * | `value` | says something else |
 * | `index` | is not, or wrongly, in an index; also a tombstone that an index shows |
 * | `expiry` | does not end when its row says, or ends though the row does not |
 * | `unique` | of a unique value is absent, or names another owner |
 * | `pointer` | points to another body than the row's |
 * | `body` | points to a body that is absent from S3, or not what its name says |
 * | `attribute` | has a surplus attribute, or lacks one, though every column is right |
 */
export const MISMATCH_KINDS = [
  'extra',
  'missing',
  'refused',
  'key',
  'shard',
  'swapped',
  'stale',
  'type',
  'unreadable',
  'null',
  'truncated',
  'precision',
  'time zone',
  'encoding',
  'value',
  'index',
  'expiry',
  'unique',
  'pointer',
  'body',
  'attribute',
] as const;
export type MismatchKind = (typeof MISMATCH_KINDS)[number];

/** One field that differs. Values are hashes, unless a run was asked to show them: a report must not carry personal data away. */
export interface Difference {
  readonly field: string;
  readonly damage: MismatchKind;
  readonly source: string;
  readonly target: string;
}

/** A row that differs, or one that never stood still long enough to be judged. */
export interface Finding {
  readonly entity: string | null;
  readonly identity: Identity | null;
  readonly key: ItemKey | null;
  readonly damage: MismatchKind;
  readonly differences: readonly Difference[];
  /** `_v` and `_at` of the item, changelog seq of the row; null where there is none. */
  readonly version: number | null;
  readonly at: string | null;
  readonly seq: number | null;
  /** The dual write that wrote the item; null for loader, relay and repair. */
  readonly txn: string | null;
  /** How old the item was when it was last seen, in seconds; null where it does not say. */
  readonly ageSeconds: number | null;
  /** When this very difference was first seen, maybe by an earlier run, and when last. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** How long this run observed it. */
  readonly observedMs: number;
  /** What the finding was made from, so that a repair can look again: an item of the scan, or a row. */
  readonly kind: 'item' | 'row';
}

/** The damage that names a row with these differences: the most telling, in the order of `DAMAGES`. */
export function mostSevere(differences: readonly Difference[]): MismatchKind | null {
  return MISMATCH_KINDS.find((damage) => differences.some((difference) => difference.damage === damage)) ?? null;
}

/** How a report shows a value. */
export type Show = (value: ImageValue | undefined) => string;

/** A value as a report may show it: enough to see that two differ, and how (NULL against '', shorter text), never what they say. */
export const redact: Show = (value) => {
  if (value === undefined) return 'absent';
  if (value === null) return 'NULL';
  if (isBodyRef(value)) return bodyText(value);
  return `sha256 ${hash('sha256', value, 'hex').slice(0, 12)} of ${value.length} characters`;
};

const SHOWN = 500;

/** The value itself, for a run that was asked for it. */
export const reveal: Show = (value) => {
  if (value === undefined) return 'absent';
  if (value === null) return 'NULL';
  if (isBodyRef(value)) return bodyText(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
};

function bodyText({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }): string {
  return `body ${sha256.slice(0, 12)} of ${bytes} bytes`;
}
