import { encodeItem } from '../mapping/encode.ts';
import type { EntityMapping } from '../mapping/mapping.ts';
import type { Item } from '../item.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Changelog, KeyRange, RowSource, SourceRow } from '../ports/source.ts';
import type { Table } from '../ports/table.ts';
import { type Identity, identityText } from '../row.ts';
import { versionOf } from '../versions.ts';
import { concurrently } from './concurrently.ts';
import type { Hook } from './hook.ts';
import { storeBodies } from './store-bodies.ts';

export interface LoadPorts {
  readonly rows: RowSource;
  readonly changelog: Pick<Changelog, 'life' | 'flush'>;
  readonly table: Table;
  readonly bodies: Bodies;
}

/** How far a range is loaded: everything up to `after` is acknowledged by the target (RACE-8). JSON-safe. */
export interface LoadCheckpoint {
  readonly after: Identity | null;
  readonly rows: number;
  /** Items inserted or rewritten; those that were there already, newer, are not counted. */
  readonly items: number;
  readonly done: boolean;
}

export interface LoadOptions {
  readonly entity: EntityMapping;
  readonly generation: number;
  readonly range: KeyRange;
  readonly from: LoadCheckpoint | null;
  /** A generation after the first: items of the older one give way (`newer`); otherwise insert if absent. */
  readonly reload: boolean;
  /** Stamp of the items, ISO. */
  readonly at: string;
  readonly pageSize?: number;
  /** Calls to the target at once. */
  readonly width?: number;
  /** Called with each page's checkpoint once its last item is acknowledged. */
  readonly save?: (checkpoint: LoadCheckpoint) => Promise<void>;
  /** Asked after each page; true ends the work at this checkpoint, to be continued. */
  readonly pause?: () => boolean;
  readonly hook?: Hook;
}

const BATCH = 25;

/**
 * Loads a key range: page, bodies, flush, items, checkpoint, in this order. Insert if absent from the first item on, so a request that
 * lands late, or a page that is loaded twice, never covers a newer write (RACE-1, RACE-58).
 */
export async function loadRange(ports: LoadPorts, options: LoadOptions): Promise<LoadCheckpoint> {
  const { entity, range, pageSize = 400, hook = () => {} } = options;
  let checkpoint = options.from ?? { after: range.after, rows: 0, items: 0, done: false };
  if (checkpoint.done) return checkpoint;
  const life = await ports.changelog.life();
  const next = (after: Identity | null): Promise<readonly SourceRow[]> =>
    ports.rows.page(entity.name, { after, upTo: range.upTo }, pageSize);
  let page = await next(checkpoint.after);
  for (;;) {
    await hook('read');
    const last = page.at(-1);
    const exhausted = page.length < pageSize || last === undefined;
    // The next page is read while this one is written; it has its own flush before it goes anywhere.
    const following = exhausted ? null : next(last.identity);
    following?.catch(() => {});
    const written = await loadPage(ports, options, page, life);
    await hook('written');
    checkpoint = {
      after: last?.identity ?? checkpoint.after,
      rows: checkpoint.rows + page.length,
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

async function loadPage(
  ports: LoadPorts,
  options: LoadOptions,
  page: readonly SourceRow[],
  life: string,
): Promise<number> {
  const { entity, generation, at, width = 8, hook = () => {} } = options;
  const rows = await withBodies(ports, entity, page);
  await hook('bodies');
  // A page without rows too: a deletion that a crash takes back would leave a row behind that the checkpoint has passed.
  await ports.changelog.flush(life);
  await hook('flushed');
  const items = rows.flatMap(({ image, seq }) =>
    encodeItem(entity, image, { version: versionOf(generation, seq), txn: null, at }),
  );
  const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, n) =>
    items.slice(n * BATCH, (n + 1) * BATCH),
  );
  const counts = await concurrently(width, batches, async (batch) => {
    const written = await writeBatch(ports.table, batch, options.reload);
    await hook('batch');
    return written;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function writeBatch(table: Table, batch: readonly Item[], reload: boolean): Promise<number> {
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

/** Rows whose bodies are in S3. One that changed while its body was read is read again; one that is gone is the relay's. */
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
