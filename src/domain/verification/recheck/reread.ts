import type { Item, ItemKey } from '../../item.ts';
import type { EntityMapping, Mapping } from '../../mapping/mapping.ts';
import type { BodyReader } from '../../ports/bodies.ts';
import type { RowSource, SourceRow } from '../../ports/source.ts';
import type { Table } from '../../ports/table.ts';
import { identityText, type RowImage } from '../../row.ts';
import { itemKeyText, versionOfItem } from '../../mapping/items/read-system-attributes.ts';
import { versionOf } from '../../versions.ts';
import type { ProveBodies } from '../bodies/body-inventory.ts';
import { type Candidate, fetchRows, type RowName, type FetchedRows } from './candidate.ts';
import { strayIndexAttributes } from '../compare/compare-values.ts';
import type { MismatchKind, Difference } from '../compare/finding.ts';
import {
  expectedOf,
  checkBodies,
  checkRow,
  checkUnique,
  checkUnreadable,
  type CompareOptions,
  type StoredBodies,
} from '../compare/check-item.ts';
import { bodiesOf, type DecodedRow, type DecodedItem, decodeForVerification } from '../compare/decoded-item.ts';

export interface RereadPorts {
  readonly mapping: Mapping;
  readonly generation: number;
  readonly table: Pick<Table, 'get'>;
  readonly rows: RowSource;
  readonly bodies: BodyReader;
  readonly prove: ProveBodies;
}

/** One strongly consistent read of a candidate: item and row as they were, and how they differ. */
export interface Reread {
  readonly entity: EntityMapping | null;
  readonly key: ItemKey | null;
  readonly item: Item | null;
  readonly row: SourceRow | null;
  readonly differences: readonly Difference[];
  /** The row's image where nothing differs. */
  readonly matched: RowImage | null;
  /** Uniqueness items under the values that the row claims, whoever owns them. */
  readonly claimed: readonly Item[];
}

/** Reads candidates again, items with strong reads and before their rows, and compares each pair. */
export async function rereadCandidates(
  ports: RereadPorts,
  options: CompareOptions,
  open: readonly Candidate[],
): Promise<readonly Reread[]> {
  const { mapping } = ports;
  const rowCandidates = open.flatMap((candidate) => (candidate.kind === 'row' ? [candidate] : []));
  const rowsOfCandidates = await fetchRows(ports.rows, rowCandidates);
  const keys = open.flatMap((candidate) => {
    if (candidate.kind === 'item') return [candidate.key];
    const [entity, row] = [mapping.entities[candidate.entity], rowsOfCandidates.get(candidate)];
    const expected = entity === undefined || row === null ? null : expectedOf(entity, row.image);
    return expected === null ? [] : [expected.key, ...expected.unique];
  });
  const unique = new Map(keys.map((key) => [itemKeyText(key), key]));
  const items = new Map<string, { readonly item: Item; readonly decoded: DecodedItem }>();
  for (const item of await ports.table.get([...unique.values()], { consistent: true })) {
    const decoded = decodeForVerification(mapping, item);
    items.set(itemKeyText(decoded.key), { item, decoded });
  }
  const decodedItems = [...items.values()].map(({ decoded }) => decoded);
  const names = open.flatMap((candidate) => rowNameOf(candidate, decodedAt(items, candidate)));
  const rows = await fetchRows(ports.rows, names);
  const bodies = await ports.prove(
    decodedItems.flatMap((decoded) => (decoded.kind === 'row' ? bodiesOf(decoded.image).map(({ ref }) => ref) : [])),
  );
  const context: RereadContext = { mapping, generation: ports.generation, options, items, bodies };
  return open.map((candidate) =>
    candidate.kind === 'row' ? rereadRow(context, candidate, rowsOfCandidates) : rereadItem(context, candidate, rows),
  );
}

type Items = ReadonlyMap<string, { readonly item: Item; readonly decoded: DecodedItem }>;

interface RereadContext {
  readonly mapping: Mapping;
  readonly generation: number;
  readonly options: CompareOptions;
  readonly items: Items;
  readonly bodies: StoredBodies;
}

/** An item of the scan, as it is now. */
function rereadItem(
  context: RereadContext,
  candidate: Extract<Candidate, { kind: 'item' }>,
  rows: FetchedRows,
): Reread {
  const { mapping, options, items } = context;
  const found = items.get(itemKeyText(candidate.key));
  const [name] = rowNameOf(candidate, found?.decoded);
  const row = name === undefined ? null : rows.get(name);
  const entity = mapping.entities[name?.entity ?? candidate.entity ?? ''] ?? null;
  const base = { entity, key: candidate.key, item: found?.item ?? null, row, claimed: [] };
  if (found === undefined || found.decoded.kind === 'tombstone') {
    // An absent item is correct, unless the row still has this key.
    const expected = entity === null || row === null ? null : expectedOf(entity, row.image);
    const belongs = expected !== null && itemKeyText(expected.key) === itemKeyText(candidate.key);
    const stray = found === undefined ? [] : strayIndexAttributes(options.indexKeys, found.item, options.show);
    return { ...base, differences: [...(belongs ? [MISSING] : []), ...stray], matched: null };
  }
  const { item, decoded } = found;
  if (decoded.kind === 'unreadable')
    return { ...base, differences: checkUnreadable(options, decoded, item, row), matched: null };
  if (decoded.kind === 'unique') return { ...base, differences: checkUnique(options, decoded, row), matched: null };
  const differences = checkWhole(context, decoded, item, row);
  return { ...base, differences, matched: differences.length === 0 && row !== null ? row.image : null };
}

/** A row whose item the scan did not find: its item, and the uniqueness items that it claims. */
function rereadRow(context: RereadContext, candidate: Extract<Candidate, { kind: 'row' }>, rows: FetchedRows): Reread {
  const { mapping, options, items } = context;
  const entity = mapping.entities[candidate.entity] ?? null;
  const row = rows.get(candidate);
  if (entity === null || row === null)
    return { entity, key: null, item: null, row: null, differences: [], matched: null, claimed: [] };
  const expected = expectedOf(entity, row.image);
  if (expected === null)
    return { entity, key: null, item: null, row, differences: [REFUSED], matched: null, claimed: [] };
  const { key } = expected;
  const found = items.get(itemKeyText(key));
  const differences: Difference[] = [];
  if (found === undefined || found.decoded.kind === 'tombstone') differences.push(MISSING);
  else if (found.decoded.kind === 'unreadable')
    differences.push(...checkUnreadable(options, found.decoded, found.item, row));
  else differences.push(...checkWhole(context, found.decoded, found.item, row));
  for (const claim of expected.unique) {
    const decoded = items.get(itemKeyText(claim))?.decoded;
    const owned = decoded?.kind === 'unique' && identityText(decoded.identity) === identityText(row.identity);
    // Its expiry is compared where the scan finds it.
    if (!owned)
      differences.push({
        field: 'uniqueness item',
        damage: 'unique',
        source: 'claimed',
        target: decoded === undefined || decoded.kind === 'tombstone' ? 'absent' : 'of another row',
      });
  }
  const matched = differences.length === 0 ? row.image : null;
  const claimed = expected.unique.flatMap((claim): readonly Item[] => {
    const found = items.get(itemKeyText(claim));
    return found === undefined ? [] : [found.item];
  });
  return { entity, key, item: found?.item ?? null, row, differences, matched, claimed };
}

/** Compares row, item and bodies. A difference in an item older than its row means that an update never arrived. */
function checkWhole(
  context: RereadContext,
  decoded: DecodedRow,
  item: Item,
  row: SourceRow | null,
): readonly Difference[] {
  const { options, bodies, generation } = context;
  const differences = checkRow(options, decoded, item, row);
  const version = versionOfItem(item);
  const stale = row !== null && version !== null && version < versionOf(generation, row.seq);
  return [
    ...differences.map((difference): Difference =>
      stale && CONTENT_KINDS.has(difference.damage) ? { ...difference, damage: 'stale' } : difference,
    ),
    ...checkBodies(options, decoded.image, bodies),
  ];
}

/** Kinds that an older version of the same row explains. */
const CONTENT_KINDS: ReadonlySet<MismatchKind> = new Set([
  'null',
  'truncated',
  'precision',
  'time zone',
  'encoding',
  'value',
  'pointer',
]);

const MISSING: Difference = { field: 'item', damage: 'missing', source: 'present', target: 'absent' };

const REFUSED: Difference = { field: 'row', damage: 'refused', source: 'has no form as an item', target: 'absent' };

/** The row that an item belongs to, by the item as it is now, else by the item as it was scanned. */
function rowNameOf(candidate: Candidate, decoded: DecodedItem | undefined): readonly RowName[] {
  if (candidate.kind === 'row') return [];
  if (decoded !== undefined && decoded.kind !== 'tombstone' && decoded.entity !== null && decoded.identity !== null)
    return [{ entity: decoded.entity.name, identity: decoded.identity }];
  const { entity, identity } = candidate;
  return entity === null || identity === null ? [] : [{ entity, identity }];
}

function decodedAt(items: Items, candidate: Candidate): DecodedItem | undefined {
  return candidate.kind === 'item' ? items.get(itemKeyText(candidate.key))?.decoded : undefined;
}
