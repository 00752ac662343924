import type { ItemKey } from '../item.ts';
import { itemKeys } from '../mapping/items/encode.ts';
import { itemKeyText } from '../mapping/items/read-system-attributes.ts';
import { entityOfRow, type Mapping } from '../mapping/mapping.ts';
import type { MissedChange, MissedChanges } from '../ports/source.ts';
import { repair, type RepairOptions, type RepairPorts } from './repair.ts';

export interface MissedReport {
  readonly repaired: number;
  /** Why the others are still missed, the first few. */
  readonly open: readonly string[];
}

const BATCH = 200;
const REASONS = 5;

/**
 * Repairs the rows of changes that the trigger could not record, each by its key from the source (rule c). One that cannot be repaired
 * stays: it raises an alarm and blocks the gates, but not the others. May be repeated.
 */
export async function repairMissed(
  ports: RepairPorts & { readonly missed: MissedChanges },
  options: Omit<RepairOptions, 'settling'>,
): Promise<MissedReport> {
  const open: string[] = [];
  let repaired = 0;
  for (const change of await ports.missed.list(BATCH)) {
    const failure = await repairRow(ports, options, change).catch((error: unknown) => String(error));
    if (failure === null) {
      await ports.missed.delete(change.id);
      repaired += 1;
    } else if (open.length < REASONS) open.push(`${change.relation}: ${change.reason}; ${failure}`);
  }
  return { repaired, open };
}

/** Null once every item of the row, and of its former key, is as the source has it. */
async function repairRow(
  ports: RepairPorts,
  options: Omit<RepairOptions, 'settling'>,
  { relation, pk, oldKey }: MissedChange,
): Promise<string | null> {
  if (pk === null) return 'its identity is unknown';
  const [row] = await ports.rows.current(relation, [pk]);
  const keys = new Map<string, ItemKey>();
  for (const image of [oldKey, row?.image ?? null])
    for (const key of keysOf(options.mapping, relation, image)) keys.set(itemKeyText(key), key);
  for (const key of keys.values()) {
    const result = await repair(ports, options, { relation, pk, key });
    if (result === 'in doubt' || result === 'overtaken') return 'its item is being written';
  }
  return null;
}

function keysOf(mapping: Mapping, relation: string, image: MissedChange['oldKey']): readonly ItemKey[] {
  const entity = image === null ? null : entityOfRow(mapping, relation, image);
  return image === null || entity === null ? [] : itemKeys(entity, image);
}
