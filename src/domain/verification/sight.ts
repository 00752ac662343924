import type { Item, ItemKey } from '../item.ts';
import type { EntityMapping, Mapping } from '../mapping/mapping.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { RowSource, SourceRow } from '../ports/source.ts';
import type { Table } from '../ports/table.ts';
import { identityText, type RowImage } from '../row.ts';
import { askBodies } from './bodies.ts';
import { type Candidate, fetchRows, type RowName, type Rows } from './candidate.ts';
import type { Difference } from './finding.ts';
import { expectedOf, judgeRow, judgeUnique, judgeUnreadable, type StoredBodies } from './judge.ts';
import { bodyHashes, type Reading, readItem } from './reading.ts';

export interface SightPorts {
  readonly mapping: Mapping;
  readonly table: Table;
  readonly rows: RowSource;
  readonly bodies: Bodies;
}

/** What one look at a candidate found: item and row as they stood, and in what they differ. */
export interface Sight {
  readonly entity: EntityMapping | null;
  readonly key: ItemKey | null;
  readonly item: Item | null;
  readonly row: SourceRow | null;
  readonly differences: readonly Difference[];
  readonly matched: RowImage | null;
}

/** Reads candidates anew, items with strong reads and before their rows, and judges each. */
export async function sightsOf(
  ports: SightPorts,
  indexKeys: ReadonlySet<string>,
  open: readonly Candidate[],
): Promise<readonly Sight[]> {
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
  const items = new Map<string, { readonly item: Item; readonly reading: Reading }>();
  for (const item of await ports.table.get([...unique.values()], { consistent: true })) {
    const reading = readItem(mapping, item);
    items.set(keyText(reading.key), { item, reading });
  }
  const readings = [...items.values()].map(({ reading }) => reading);
  const names = open.flatMap((candidate) => nameOf(candidate, readingAt(items, candidate)));
  const rows = await fetchRows(ports.rows, names);
  const hashes = readings.flatMap((reading) => (reading.kind === 'row' ? bodyHashes(reading.image) : []));
  const bodies = await askBodies(ports.bodies, hashes);
  return open.map((candidate) =>
    candidate.kind === 'row'
      ? rowSight(mapping, indexKeys, candidate, met, items, bodies)
      : itemSight(mapping, indexKeys, candidate, rows, items, bodies),
  );
}

type Items = ReadonlyMap<string, { readonly item: Item; readonly reading: Reading }>;

/** An item of the scan, as it stands now. */
function itemSight(
  mapping: Mapping,
  indexKeys: ReadonlySet<string>,
  candidate: Extract<Candidate, { kind: 'item' }>,
  rows: Rows,
  items: Items,
  bodies: StoredBodies,
): Sight {
  const found = items.get(keyText(candidate.key));
  const [name] = nameOf(candidate, found?.reading);
  const row = name === undefined ? null : rows.get(name);
  const entity = mapping.entities[name?.entity ?? candidate.entity ?? ''] ?? null;
  const sight = { entity, key: candidate.key, item: found?.item ?? null, row };
  if (found === undefined || found.reading.kind === 'tombstone') {
    // Gone is right, unless the row still belongs here.
    const expected = entity === null || row === null ? null : expectedOf(entity, row.image);
    const belongs = expected !== null && keyText(expected.key) === keyText(candidate.key);
    return { ...sight, differences: belongs ? [MISSING] : [], matched: null };
  }
  const { item, reading } = found;
  if (reading.kind === 'unreadable')
    return { ...sight, differences: judgeUnreadable(indexKeys, reading, item, row), matched: null };
  if (reading.kind === 'unique') return { ...sight, differences: judgeUnique(reading, row), matched: null };
  const differences = judgeRow(indexKeys, reading, item, row, bodies);
  return { ...sight, differences, matched: differences.length === 0 && row !== null ? row.image : null };
}

/** A row that the scan did not meet: its item, and the uniqueness items that it claims. */
function rowSight(
  mapping: Mapping,
  indexKeys: ReadonlySet<string>,
  candidate: Extract<Candidate, { kind: 'row' }>,
  rows: Rows,
  items: Items,
  bodies: StoredBodies,
): Sight {
  const entity = mapping.entities[candidate.entity] ?? null;
  const row = rows.get(candidate);
  if (entity === null || row === null)
    return { entity, key: null, item: null, row: null, differences: [], matched: null };
  const expected = expectedOf(entity, row.image);
  if (expected === null) return { entity, key: null, item: null, row, differences: [REFUSED], matched: null };
  const { key } = expected;
  const found = items.get(keyText(key));
  const differences: Difference[] = [];
  if (found === undefined || found.reading.kind === 'tombstone') differences.push(MISSING);
  else if (found.reading.kind === 'unreadable')
    differences.push(...judgeUnreadable(indexKeys, found.reading, found.item, row));
  else differences.push(...judgeRow(indexKeys, found.reading, found.item, row, bodies));
  for (const claimed of expected.unique) {
    const reading = items.get(keyText(claimed))?.reading;
    const owned = reading?.kind === 'unique' && identityText(reading.identity) === identityText(row.identity);
    if (!owned)
      differences.push({
        field: 'uniqueness item',
        damage: 'unique',
        source: 'claimed',
        target: reading === undefined || reading.kind === 'tombstone' ? 'absent' : 'of another row',
      });
  }
  return {
    entity,
    key,
    item: found?.item ?? null,
    row,
    differences,
    matched: differences.length === 0 ? row.image : null,
  };
}

const MISSING: Difference = { field: 'item', damage: 'missing', source: 'present', target: 'absent' };

const REFUSED: Difference = { field: 'row', damage: 'refused', source: 'has no form as an item', target: 'absent' };

/** The row that an item is about: what it says now, else what it said when it was scanned. */
function nameOf(candidate: Candidate, reading: Reading | undefined): readonly RowName[] {
  if (candidate.kind === 'row') return [];
  if (reading !== undefined && reading.kind !== 'tombstone' && reading.entity !== null && reading.identity !== null)
    return [{ entity: reading.entity.name, identity: reading.identity }];
  const { entity, identity } = candidate;
  return entity === null || identity === null ? [] : [{ entity, identity }];
}

function readingAt(items: Items, candidate: Candidate): Reading | undefined {
  return candidate.kind === 'item' ? items.get(keyText(candidate.key))?.reading : undefined;
}

function keyText(key: ItemKey): string {
  return JSON.stringify([key.PK, key.SK]);
}
