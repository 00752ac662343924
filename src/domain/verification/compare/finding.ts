import { hash } from 'node:crypto';
import type { ItemKey } from '../../item.ts';
import { type Identity, type ImageValue, isBodyRef } from '../../row.ts';

/**
 * What is wrong with a row, the most severe first.
 *
 * | kind | the item … |
 * |---|---|
 * | `extra` | has no row: a deleted row came back, or something else wrote the item |
 * | `missing` | does not exist |
 * | `refused` | cannot exist: the row holds a value that cannot be stored in the target |
 * | `key` | lies under a key that its row does not have |
 * | `shard` | lies in the wrong shard of its partition key |
 * | `swapped` | holds the values of another row, which holds the values of this one |
 * | `stale` | is of an older version of its row |
 * | `type` | has an attribute of another type |
 * | `unreadable` | could not have been written by the mapping |
 * | `null` | holds '' where the row holds NULL, or the reverse |
 * | `truncated` | holds only the beginning of a text |
 * | `precision` | lost digits |
 * | `time zone` | is off by a whole number of quarter hours |
 * | `encoding` | holds the text in another encoding or Unicode form |
 * | `value` | holds another value |
 * | `index` | is not in an index where it belongs, or is in one where it does not; also a tombstone that appears in an index |
 * | `expiry` | does not expire when its row does, or expires though the row does not |
 * | `unique` | of a unique value does not exist, or names another owner |
 * | `pointer` | points to another body than the row's |
 * | `body` | points to a body that is absent from S3, or whose content differs from its hash |
 * | `attribute` | has a surplus attribute, or lacks one, though every column matches |
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

/** One field that differs. Values are shown as hashes unless the run was asked to show them, because a report must not leak personal data. */
export interface Difference {
  readonly field: string;
  readonly damage: MismatchKind;
  readonly source: string;
  readonly target: string;
}

/** A row that differs, or one that kept changing during the run, so that it could not be compared. */
export interface VerificationFinding {
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
  /** Age of the item in seconds when it was last read; null where it has no `_at`. */
  readonly ageSeconds: number | null;
  /** When this difference was first observed, perhaps by an earlier run, and when last (ISO). */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** How long this run observed it. */
  readonly observedMs: number;
  /** Where the finding came from, so that a repair can read it again: an item of the scan, or a row of the source. */
  readonly kind: 'item' | 'row';
}

/** The most severe kind among these differences, in the order of `MISMATCH_KINDS`; null = no differences. */
export function mostSevere(differences: readonly Difference[]): MismatchKind | null {
  return MISMATCH_KINDS.find((damage) => differences.some((difference) => difference.damage === damage)) ?? null;
}

/** How a report shows a value. */
export type Show = (value: ImageValue | undefined) => string;

/** Hides a value: shows enough to see that two values differ, and how (NULL or '', shorter text), never the value itself. */
export const redact: Show = (value) => {
  if (value === undefined) return 'absent';
  if (value === null) return 'NULL';
  if (isBodyRef(value)) return bodyText(value);
  return `sha256 ${hash('sha256', value, 'hex').slice(0, 12)} of ${value.length} characters`;
};

const MAX_SHOWN_CHARACTERS = 500;

/** Shows the value itself, for a run that was asked to show values. */
export const reveal: Show = (value) => {
  if (value === undefined) return 'absent';
  if (value === null) return 'NULL';
  if (isBodyRef(value)) return bodyText(value);
  return JSON.stringify(value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value);
};

function bodyText({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }): string {
  return `body ${sha256.slice(0, 12)} of ${bytes} bytes`;
}
