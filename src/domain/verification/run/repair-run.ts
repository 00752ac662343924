import type { Item, ItemKey } from '../../item.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Bodies, Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import type { Changelog, RowSource } from '../../ports/source.ts';
import type { Intents, Table } from '../../ports/table.ts';
import type { Hook } from '../../protocol/test-hook.ts';
import { repair, type RepairPorts } from '../../protocol/repair.ts';
import { storeBodies } from '../../protocol/store-bodies.ts';
import { versionOfItem, writerOfItem } from '../../mapping/items/system-attributes.ts';
import { createProver } from '../bodies/body-inventory.ts';
import { redact } from '../compare/finding.ts';
import { expectedOf } from '../compare/check-item.ts';
import { readPlan } from './plan-run.ts';
import {
  documentKey,
  type finding as findingSchema,
  partKeys,
  partResult,
  VERIFICATION,
  type VerificationSummary,
} from '../report/schema.ts';
import { assertRepairable } from './repairable.ts';
import {
  emptyRepairs,
  REPAIR,
  type Repaired,
  type RepairOutcome,
  repairsDocument,
  type RepairSummary,
} from '../report/repair-report.ts';
import { rereadCandidates, type Reread, type RereadPorts } from '../recheck/reread.ts';
import type { z } from 'zod';

export interface RepairRunPorts {
  readonly mapping: Mapping;
  readonly table: Table;
  readonly rows: RowSource;
  readonly changelog: Changelog;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly documents: Documents;
  readonly control: ControlTable;
  readonly indexKeys: ReadonlySet<string>;
  /** True when the function should end and be called again with `next`. */
  pause(): boolean;
  readonly hook?: Hook;
}

/** What the state machine gets: where to go on, or what all of it came to. */
export type RepairAnswer = { readonly next: number } | { readonly next: null; readonly repair: RepairSummary };

type Finding = z.infer<typeof findingSchema>;

/**
 * Rewrites what a concluded run found stably wrong, part by part, by rule c: item, intent, source, and put where the item is still as it was
 * found (RACE 35). The list of findings is fixed and each repair carries the run's own stamp, so that whoever is stopped anywhere, or comes
 * a second time, ends with the same items and tells the same story. One at a time: a unique value may pass from one finding's row to another's.
 */
export async function repairRun(
  ports: RepairRunPorts,
  event: { readonly run: string; readonly from: number },
): Promise<RepairAnswer> {
  const { control, documents } = ports;
  const { run } = event;
  const [plan, concluded, known] = await Promise.all([
    readPlan(documents, run),
    control.read<VerificationSummary>(VERIFICATION, run),
    control.read<RepairSummary>(REPAIR, run),
  ]);
  if (known !== null) return { next: null, repair: known.value };
  if (plan === null || concluded === null) throw new RangeError(`run ${run} is not concluded`);
  const keys = partKeys(plan);
  for (let at = event.from; at < keys.length; at++) {
    if (at > event.from && ports.pause()) return { next: at };
    const document = await documents.read(keys[at] ?? '');
    if (document === null) throw new RangeError(`${keys[at]} is missing: there is nothing to repair from`);
    const { mismatches } = partResult.parse(JSON.parse(Buffer.from(document).toString()));
    const repaired: Repaired[] = [];
    for (const finding of mismatches) {
      const { entity, identity, key, damage } = finding;
      const outcome = await repairFinding(ports, concluded.value, finding);
      repaired.push({ entity, identity, key, damage, outcome });
      await ports.hook?.('finding');
    }
    await documents.write(documentKey.repairs(run, at), JSON.stringify({ repaired }));
  }
  const repair = await sumUp(documents, run, keys.length);
  await control.write(REPAIR, run, repair, 'any');
  return { next: null, repair };
}

async function repairFinding(
  ports: RepairRunPorts,
  { generation, finishedAt }: VerificationSummary,
  finding: Finding,
): Promise<RepairOutcome> {
  const { mode, generation: current } = await ports.control.mode();
  assertRepairable(mode);
  if (current !== generation) return 'overtaken';
  const sight = await lookAgain(ports, generation, finding);
  await ports.hook?.('look');
  if (sight === null) return 'not repairable';
  const { entity, row, item } = sight;
  const ours = [item, ...sight.claimed].some((candidate) => stampOf(candidate) === finishedAt);
  if (sight.differences.length === 0) return ours ? 'repaired' : 'settled';
  // Somebody has written since: what stands there now is not what was found.
  const asFound =
    versionOfItem(item ?? undefined) === finding.version && writerOfItem(item ?? undefined) === finding.txn;
  if ((!asFound && !ours) || (row?.seq ?? null) !== finding.seq) return 'overtaken';
  const identity = row?.identity ?? finding.identity;
  if (entity === null || identity === null || (row !== null && expectedOf(entity, row.image) === null))
    return 'not repairable';
  if (row !== null && sight.differences.some(({ damage }) => damage === 'body'))
    await storeBodies({ rows: ports.rows, bodies: ports.bodies }, [
      { entity: entity.name, identity, image: row.image },
    ]);
  const options = { mapping: ports.mapping, generation, at: finishedAt, ...(ports.hook ? { hook: ports.hook } : {}) };
  const outcomes = new Set<RepairOutcome>();
  for (const key of keysOf(sight, finding)) {
    const done = await repair(portsOf(ports), options, { relation: entity.table, pk: identity, key });
    outcomes.add(done === 'absent' ? 'settled' : done);
  }
  return WORST_FIRST.find((outcome) => outcomes.has(outcome)) ?? 'not repairable';
}

const WORST_FIRST: readonly RepairOutcome[] = ['in doubt', 'overtaken', 'repaired', 'settled'];

/** The finding's candidate as it stands now; null where nothing says whose it should be. */
async function lookAgain(ports: RepairRunPorts, generation: number, finding: Finding): Promise<Reread | null> {
  const { entity, identity, key, kind } = finding;
  const sightPorts: RereadPorts = { ...ports, generation, prove: createProver(ports.bodies) };
  const manner = { indexKeys: ports.indexKeys, show: redact };
  if (kind === 'row') {
    if (entity === null || identity === null) return null;
    return (await rereadCandidates(sightPorts, manner, [{ kind, entity, identity, met: false }]))[0] ?? null;
  }
  return key === null
    ? null
    : ((await rereadCandidates(sightPorts, manner, [{ kind, key, entity, identity }]))[0] ?? null);
}

/** An item of the scan is repaired where it stands, a row at its own key and at those of the unique values that it claims. */
function keysOf({ entity, row, differences }: Reread, finding: Finding): readonly ItemKey[] {
  if (finding.kind === 'item') return finding.key === null ? [] : [finding.key];
  const expected = entity === null || row === null ? null : expectedOf(entity, row.image);
  if (expected === null) return [];
  const own = differences.some(({ damage }) => damage !== 'unique');
  const unique = differences.some(({ damage }) => damage === 'unique');
  return [...(own ? [expected.key] : []), ...(unique ? expected.unique : [])];
}

function portsOf({ table, intents, rows, changelog, bodies }: RepairRunPorts): RepairPorts {
  return { table, intents, rows, changelog, bodies };
}

function stampOf(item: Item | null): string | null {
  const at = item?.['_at'];
  return at !== undefined && 'S' in at && writerOfItem(item ?? undefined) === null ? at.S : null;
}

async function sumUp(documents: Documents, run: string, parts: number): Promise<RepairSummary> {
  const counts = { ...emptyRepairs };
  for (let at = 0; at < parts; at++) {
    const document = await documents.read(documentKey.repairs(run, at));
    if (document === null) throw new RangeError(`${documentKey.repairs(run, at)} is missing`);
    for (const { outcome } of repairsDocument.parse(JSON.parse(Buffer.from(document).toString())).repaired)
      counts[outcome]++;
  }
  return { run, ...counts, details: `documents/verification/${run}/repairs/` };
}
