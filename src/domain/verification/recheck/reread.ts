import type { Item, ItemKey } from '../../item.ts';
import type { EntityMapping, Mapping } from '../../mapping/mapping.ts';
import type { Bodies } from '../../ports/bodies.ts';
import type { RowSource, SourceRow } from '../../ports/source.ts';
import type { Table } from '../../ports/table.ts';
import { identityText, type RowImage } from '../../row.ts';
import { versionOfItem } from '../../mapping/items/system-attributes.ts';
import { versionOf } from '../../versions.ts';
import type { ProveBodies } from '../bodies/body-inventory.ts';
import { type Candidate, fetchRows, type RowName, type Rows } from './candidate.ts';
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
  readonly table: Table;
  readonly rows: RowSource;
  readonly bodies: Bodies;
  readonly prove: ProveBodies;
}

/** What one look at a candidate found: item and row as they stood, and in what they differ. */
export interface Reread {
  readonly entity: EntityMapping | null;
  readonly key: ItemKey | null;
  readonly item: Item | null;
  readonly row: SourceRow | null;
  readonly differences: readonly Difference[];
  readonly matched: RowImage | null;
  /** Uniqueness items under the values that the row claims. */
  readonly claimed: readonly Item[];
}

/** Reads candidates anew, items with strong reads and before their rows, and judges each. */
export async function rereadCandidates(
  ports: RereadPorts,
  manner: CompareOptions,
  open: readonly Candidate[],
): Promise<readonly Reread[]> {
  const { mapping } = ports;
  const rowCandidates = open.flatMap((candidate) => (candidate.kind === 'row' ? [candidate] : []));
  const met = await fetchRows(ports.rows, rowCandidates);
  const keys = open.flatMap((candidate) => {
    if (candidate.kind === 'item') return [candidate.key];
    const [entity, row] = [mapping.entities[candidate.entity], met.get(candidate)];
    const expected = entity === undefined || row === null ? null : expectedOf(entity, row.image);
    return expected === null ? [] : [expected.key, ...expected.unique];
  });
  const unique = new Map(keys.map((key) => [keyText(key), key]));
  const items = new Map<string, { readonly item: Item; readonly reading: DecodedItem }>();
  for (const item of await ports.table.get([...unique.values()], { consistent: true })) {
    const reading = decodeForVerification(mapping, item);
    items.set(keyText(reading.key), { item, reading });
  }
  const readings = [...items.values()].map(({ reading }) => reading);
  const names = open.flatMap((candidate) => nameOf(candidate, readingAt(items, candidate)));
  const rows = await fetchRows(ports.rows, names);
  const bodies = await ports.prove(
    readings.flatMap((reading) => (reading.kind === 'row' ? bodiesOf(reading.image).map(({ ref }) => ref) : [])),
  );
  const view: View = { mapping, generation: ports.generation, manner, items, bodies };
  return open.map((candidate) =>
    candidate.kind === 'row' ? rereadRow(view, candidate, met) : rereadItem(view, candidate, rows),
  );
}

type Items = ReadonlyMap<string, { readonly item: Item; readonly reading: DecodedItem }>;

interface View {
  readonly mapping: Mapping;
  readonly generation: number;
  readonly manner: CompareOptions;
  readonly items: Items;
  readonly bodies: StoredBodies;
}

/** An item of the scan, as it stands now. */
function rereadItem(view: View, candidate: Extract<Candidate, { kind: 'item' }>, rows: Rows): Reread {
  const { mapping, manner, items } = view;
  const found = items.get(keyText(candidate.key));
  const [name] = nameOf(candidate, found?.reading);
  const row = name === undefined ? null : rows.get(name);
  const entity = mapping.entities[name?.entity ?? candidate.entity ?? ''] ?? null;
  const sight = { entity, key: candidate.key, item: found?.item ?? null, row, claimed: [] };
  if (found === undefined || found.reading.kind === 'tombstone') {
    // Gone is right, unless the row still belongs here.
    const expected = entity === null || row === null ? null : expectedOf(entity, row.image);
    const belongs = expected !== null && keyText(expected.key) === keyText(candidate.key);
    const shown = found === undefined ? [] : strayIndexAttributes(manner.indexKeys, found.item, manner.show);
    return { ...sight, differences: [...(belongs ? [MISSING] : []), ...shown], matched: null };
  }
  const { item, reading } = found;
  if (reading.kind === 'unreadable')
    return { ...sight, differences: checkUnreadable(manner, reading, item, row), matched: null };
  if (reading.kind === 'unique') return { ...sight, differences: checkUnique(manner, reading, row), matched: null };
  const differences = checkWhole(view, reading, item, row);
  return { ...sight, differences, matched: differences.length === 0 && row !== null ? row.image : null };
}

/** A row that the scan did not meet: its item, and the uniqueness items that it claims. */
function rereadRow(view: View, candidate: Extract<Candidate, { kind: 'row' }>, rows: Rows): Reread {
  const { mapping, manner, items } = view;
  const entity = mapping.entities[candidate.entity] ?? null;
  const row = rows.get(candidate);
  if (entity === null || row === null)
    return { entity, key: null, item: null, row: null, differences: [], matched: null, claimed: [] };
  const expected = expectedOf(entity, row.image);
  if (expected === null)
    return { entity, key: null, item: null, row, differences: [REFUSED], matched: null, claimed: [] };
  const { key } = expected;
  const found = items.get(keyText(key));
  const differences: Difference[] = [];
  if (found === undefined || found.reading.kind === 'tombstone') differences.push(MISSING);
  else if (found.reading.kind === 'unreadable')
    differences.push(...checkUnreadable(manner, found.reading, found.item, row));
  else differences.push(...checkWhole(view, found.reading, found.item, row));
  for (const claim of expected.unique) {
    const reading = items.get(keyText(claim))?.reading;
    const owned = reading?.kind === 'unique' && identityText(reading.identity) === identityText(row.identity);
    // When it ends is judged where the scan met it.
    if (!owned)
      differences.push({
        field: 'uniqueness item',
        damage: 'unique',
        source: 'claimed',
        target: reading === undefined || reading.kind === 'tombstone' ? 'absent' : 'of another row',
      });
  }
  const matched = differences.length === 0 ? row.image : null;
  const claimed = expected.unique.flatMap((claim): readonly Item[] => {
    const there = items.get(keyText(claim));
    return there === undefined ? [] : [there.item];
  });
  return { entity, key, item: found?.item ?? null, row, differences, matched, claimed };
}

/** Row, item and bodies. What differs in an item of an older version than its row's is an update that never arrived. */
function checkWhole(view: View, reading: DecodedRow, item: Item, row: SourceRow | null): readonly Difference[] {
  const { manner, bodies, generation } = view;
  const differences = checkRow(manner, reading, item, row);
  const version = versionOfItem(item);
  const stale = row !== null && version !== null && version < versionOf(generation, row.seq);
  return [
    ...differences.map((difference): Difference =>
      stale && OF_CONTENT.has(difference.damage) ? { ...difference, damage: 'stale' } : difference,
    ),
    ...checkBodies(manner, reading.image, bodies),
  ];
}

/** Damages that an older version of the same row explains. */
const OF_CONTENT: ReadonlySet<MismatchKind> = new Set([
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

/** The row that an item is about: what it says now, else what it said when it was scanned. */
function nameOf(candidate: Candidate, reading: DecodedItem | undefined): readonly RowName[] {
  if (candidate.kind === 'row') return [];
  if (reading !== undefined && reading.kind !== 'tombstone' && reading.entity !== null && reading.identity !== null)
    return [{ entity: reading.entity.name, identity: reading.identity }];
  const { entity, identity } = candidate;
  return entity === null || identity === null ? [] : [{ entity, identity }];
}

function readingAt(items: Items, candidate: Candidate): DecodedItem | undefined {
  return candidate.kind === 'item' ? items.get(keyText(candidate.key))?.reading : undefined;
}

function keyText(key: ItemKey): string {
  return JSON.stringify([key.PK, key.SK]);
}
