import type { ItemKey } from '../item.ts';
import { itemKeys } from '../mapping/items/encode.ts';
import { itemKeyText } from '../mapping/items/read-system-attributes.ts';
import { entityOfRow, type Mapping } from '../mapping/mapping.ts';
import type { MissedChange, MissedChanges } from '../ports/source.ts';
import { repair, type RepairOptions, type RepairPorts } from './repair.ts';

export interface MissedReport {
  readonly repaired: number;
  /** Why others could not be repaired, the first few. */
  readonly failures: readonly string[];
}

const BATCH = 200;
const MAX_FAILURES = 5;

/**
 * Repairs the rows of changes that the trigger could not record, each by its key from the source (rule c). A change that cannot be
 * repaired is kept until a clean verification has compared its row: it raises an alarm and blocks the gates. The others are repaired all the same. May be repeated.
 */
export async function repairMissed(
  ports: RepairPorts & { readonly missed: MissedChanges },
  options: Omit<RepairOptions, 'settling'>,
): Promise<MissedReport> {
  const failures: string[] = [];
  let repaired = 0;
  let after = 0;
  for (;;) {
    const changes = await ports.missed.list(BATCH, after);
    for (const change of changes) {
      const failure = await repairRow(ports, options, change).catch((error: unknown) => String(error));
      if (failure === null) {
        await ports.missed.delete(change.id);
        repaired += 1;
      } else if (failures.length < MAX_FAILURES) failures.push(`${change.relation}: ${change.reason}; ${failure}`);
    }
    const last = changes.at(-1);
    if (last === undefined || changes.length < BATCH) return { repaired, failures };
    after = last.id;
  }
}

/** Null once every item of the row, and of its former key, is as the source has it. */
async function repairRow(
  ports: RepairPorts,
  options: Omit<RepairOptions, 'settling'>,
  { operation, relation, pk, oldKey }: MissedChange,
): Promise<string | null> {
  if (pk === null) return 'its identity is unknown: run `portage verify --repair`, then a clean `portage verify`';
  const [row] = await ports.rows.current(relation, [pk]);
  const keys = new Map<string, ItemKey>();
  for (const image of [oldKey, row?.image ?? null])
    for (const key of keysOf(options.mapping, relation, image)) keys.set(itemKeyText(key), key);
  for (const key of keys.values()) {
    const result = await repair(ports, options, { relation, pk, key });
    if (result === 'in doubt') return 'a dual write of it is open';
    if (result === 'overtaken') return 'its item changed during the repair';
  }
  // The row may have had items under other keys, which only its former image tells.
  if (operation !== 'INSERT' && oldKey === null)
    return 'its former key is unknown: run `portage verify --repair`, then a clean `portage verify`';
  return null;
}

function keysOf(mapping: Mapping, relation: string, image: MissedChange['oldKey']): readonly ItemKey[] {
  const entity = image === null ? null : entityOfRow(mapping, relation, image);
  return image === null || entity === null ? [] : itemKeys(entity, image);
}
