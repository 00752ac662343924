import type { RowImage } from '../../row.ts';
import type { ShardMapping } from '../mapping.ts';
import { ownProperty } from '../../own-property.ts';

/** FNV-1a over UTF-16 units: it never changes and is the same on every instance. */
export function shardNumber(value: string, into: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  // Folds the high bits in, because FNV's low bits are its weakest.
  hash ^= hash >>> 15;
  return (hash >>> 0) % into;
}

/**
 * A partition key with its shard, for recorded owners only; others keep one partition (RACE-70: the
 * list is fixed).
 */
export function shardedKey(pk: string, shard: ShardMapping | null, image: RowImage): string {
  if (shard === null || !shard.owners.has(pk)) return pk;
  const by = ownProperty(image, shard.by);
  return typeof by === 'string' ? `${pk}#SHARD#${shardNumber(by, shard.into)}` : pk;
}

/** All partition keys that may hold an owner's items. */
export function shardKeys(pk: string, shard: ShardMapping | null): readonly string[] {
  if (shard === null || !shard.owners.has(pk)) return [pk];
  return Array.from({ length: shard.into }, (_, number) => `${pk}#SHARD#${number}`);
}

/** The owner's own partition key. */
export function unsharded(pk: string): string {
  return pk.replace(/#SHARD#\d+$/, '');
}
