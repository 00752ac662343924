import { encodeItem } from '../mapping/items/encode.ts';
import type { EntityMapping } from '../mapping/mapping.ts';
import type { Item } from '../item.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Changelog, KeyRange, RowSource, SourceRow } from '../ports/source.ts';
import type { TableLoad } from '../ports/table.ts';
import { type Identity, identityText } from '../row.ts';
import { versionOf } from '../versions.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Hook } from './test-hook.ts';
import { storeBodies } from './store-bodies.ts';

export interface LoadPorts {
  readonly rows: RowSource;
  readonly changelog: Pick<Changelog, 'incarnation' | 'flush'>;
  readonly table: TableLoad;
  readonly bodies: Bodies;
}

/** How far a range is loaded: everything up to `after` is acknowledged by the target (RACE-8). JSON-safe. */
export interface LoadCheckpoint {
  readonly after: Identity | null;
  readonly rows: number;
  /** Items inserted or rewritten; items that were already present and newer are not counted. */
  readonly items: number;
  readonly done: boolean;
}

export interface LoadOptions {
  readonly entity: EntityMapping;
  readonly generation: number;
  readonly range: KeyRange;
  readonly from: LoadCheckpoint | null;
  /** True in generations after the first: items of an older generation are overwritten (`putNewer`). Otherwise items are only inserted. */
  readonly reload: boolean;
  /** Stamp of the items, ISO. */
  readonly at: string;
  readonly pageSize?: number;
  /** Concurrent calls to the target. */
  readonly width?: number;
  /** Called with each page's checkpoint once its last item is acknowledged. */
  readonly save?: (checkpoint: LoadCheckpoint) => Promise<void>;
  /** Called after each page; true ends the work at this checkpoint, to be continued later. */
  readonly pause?: () => boolean;
  readonly hook?: Hook;
}

const BATCH = 25;

/**
 * Loads a key range: page, bodies, flush, items, checkpoint, in this order (rule a). Items are only inserted or put if newer, so a late
 * request, or a page that is loaded twice, never overwrites a newer write (RACE-1, RACE-58). May be interrupted and repeated from its
 * checkpoint. Returns the last checkpoint, with `done` false where `pause` ended the work.
 *
 * @throws SourceUnavailable where PostgreSQL restarted between reading and flushing a page (RACE-55)
 * @throws ItemTooLarge, ValueRefused where a row cannot be stored in the target
 */
export async function loadRange(ports: LoadPorts, options: LoadOptions): Promise<LoadCheckpoint> {
  const { entity, range, pageSize = 400, hook = () => {} } = options;
  let checkpoint = options.from ?? { after: range.after, rows: 0, items: 0, done: false };
  if (checkpoint.done) return checkpoint;
  const incarnation = await ports.changelog.incarnation();
  const next = async (after: Identity | null): Promise<ReadyPage> => {
    const rows = await ports.rows.page(entity.name, { after, upTo: range.upTo }, pageSize);
    await hook('read');
    const items = await itemsOf(ports, options, rows, incarnation);
    return { count: rows.length, last: rows.at(-1)?.identity ?? null, items };
  };
  let page = await next(checkpoint.after);
  for (;;) {
    const exhausted = page.count < pageSize || page.last === null;
    // The next page is read and flushed while this one is written; each page is flushed before it is written.
    const following = exhausted ? null : next(page.last);
    following?.catch(() => {});
    const written = await writeItems(ports, options, page.items);
    await hook('written');
    checkpoint = {
      after: page.last ?? checkpoint.after,
      rows: checkpoint.rows + page.count,
      items: checkpoint.items + written,
      done: exhausted,
    };
    await options.save?.(checkpoint);
    await hook('saved');
    if (following === null) return checkpoint;
    if (options.pause?.() === true) return checkpoint;
    page = await following;
  }
}

/** A page whose rows are durable and whose bodies are in S3, so that it may be written to the target. */
interface ReadyPage {
  readonly count: number;
  readonly last: Identity | null;
  readonly items: readonly Item[];
}

async function itemsOf(
  ports: LoadPorts,
  options: LoadOptions,
  page: readonly SourceRow[],
  incarnation: string,
): Promise<readonly Item[]> {
  const { entity, generation, at, hook = () => {} } = options;
  const rows = await withBodies(ports, entity, page);
  await hook('bodies');
  // Needed for a page without rows too: a crash may undo a deletion, and the checkpoint would have passed the restored row.
  await ports.changelog.flush(incarnation);
  await hook('flushed');
  return rows.flatMap(({ image, seq }) =>
    encodeItem(entity, image, { version: versionOf(generation, seq), txn: null, at }),
  );
}

async function writeItems(ports: LoadPorts, options: LoadOptions, items: readonly Item[]): Promise<number> {
  const { width = 8, hook = () => {} } = options;
  const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, n) =>
    items.slice(n * BATCH, (n + 1) * BATCH),
  );
  const counts = await mapConcurrently(width, batches, async (batch) => {
    const written = await writeBatch(ports.table, batch, options.reload);
    await hook('batch');
    return written;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function writeBatch(table: TableLoad, batch: readonly Item[], reload: boolean): Promise<number> {
  const outcomes = await table.insertAbsent(batch);
  let written = outcomes.filter((outcome) => outcome === 'inserted').length;
  if (!reload) return written;
  for (const [index, item] of batch.entries()) {
    if (outcomes[index] !== 'present') continue;
    const { kind } = await table.putNewer(item);
    if (kind === 'written') written++;
  }
  return written;
}

/** Stores the bodies of a page's rows in S3. A row that changed meanwhile is read again; a row deleted meanwhile is handled by the relay. */
async function withBodies(
  ports: LoadPorts,
  entity: EntityMapping,
  page: readonly SourceRow[],
): Promise<readonly SourceRow[]> {
  if (Object.keys(entity.large).length === 0) return page;
  let rows = page;
  let unsettled = page;
  while (unsettled.length > 0) {
    const owners = unsettled.map(({ identity, image }) => ({ entity: entity.name, identity, image }));
    const lost = await storeBodies({ rows: ports.rows, bodies: ports.bodies }, owners);
    if (lost.length === 0) break;
    const identities = lost.map(({ identity }) => identity);
    const names = new Set(identities.map(identityText));
    unsettled = await ports.rows.rows(entity.name, identities);
    rows = [...rows.filter(({ identity }) => !names.has(identityText(identity))), ...unsettled];
  }
  return rows;
}
