import type { Item, ItemKey } from '../../item.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Bodies, Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import type { Changelog, RowSource } from '../../ports/source.ts';
import type { IntentReader, TableRepair } from '../../ports/table.ts';
import type { Hook } from '../../protocol/test-hook.ts';
import { repair, type RepairPorts } from '../../protocol/repair.ts';
import { storeBodies } from '../../protocol/store-bodies.ts';
import { versionOfItem, writerOfItem } from '../../mapping/items/read-system-attributes.ts';
import { createProver } from '../bodies/body-inventory.ts';
import { redact, type VerificationFinding } from '../compare/finding.ts';
import { expectedOf } from '../compare/check-item.ts';
import { readPlan } from './plan-run.ts';
import { documentKey, partKeys, partResult, VERIFICATION, type VerificationSummary } from '../report/schema.ts';
import { assertRepairable } from './repairable.ts';
import {
  emptyRepairs,
  REPAIR,
  type RepairedFinding,
  type RepairOutcome,
  repairsDocument,
  type RepairSummary,
} from '../report/repair-report.ts';
import { rereadCandidates, type Reread, type RereadPorts } from '../recheck/reread.ts';

export interface RepairRunPorts {
  readonly mapping: Mapping;
  readonly table: TableRepair;
  readonly rows: RowSource;
  readonly changelog: Changelog;
  readonly intents: IntentReader;
  readonly bodies: Bodies;
  readonly documents: Documents;
  readonly control: ControlTable;
  readonly indexKeys: ReadonlySet<string>;
  /** True when the function should end and be called again with `next`. */
  pause(): boolean;
  readonly hook?: Hook;
}

/** Result for the state machine: the part to continue with, or the summary of all repairs. */
export type RepairStep = { readonly next: number } | { readonly next: null; readonly repair: RepairSummary };

/**
 * Repairs the stable mismatches of a finished run, part by part, by rule c: read item, intent and source, then put where the item is still as
 * it was found (RACE-35). May be interrupted and repeated: the list of findings is fixed, and each repair carries the run's own stamp, so
 * that a repetition ends with the same items and the same report. Findings are repaired one at a time, because a unique value may pass from
 * one finding's row to another's.
 *
 * @param event `from` is the first part to repair: 0, or `next` of the call before
 * @throws RepairRefused where the mode does not allow repairs
 * @throws RangeError where the run is not finished
 */
export async function repairRun(
  ports: RepairRunPorts,
  event: { readonly run: string; readonly from: number },
): Promise<RepairStep> {
  const { control, documents } = ports;
  const { run } = event;
  const [plan, concluded, known] = await Promise.all([
    readPlan(documents, run),
    control.read<VerificationSummary>(VERIFICATION, run),
    control.read<RepairSummary>(REPAIR, run),
  ]);
  if (known !== null) return { next: null, repair: known.value };
  if (plan === null || concluded === null) throw new RangeError(`run ${run} is not finished`);
  const keys = partKeys(plan);
  for (let at = event.from; at < keys.length; at++) {
    if (at > event.from && ports.pause()) return { next: at };
    const document = await documents.read(keys[at] ?? '');
    if (document === null) throw new RangeError(`${keys[at]} is missing, so its findings cannot be repaired`);
    const { mismatches } = partResult.parse(JSON.parse(Buffer.from(document).toString()));
    const repaired: RepairedFinding[] = [];
    for (const finding of mismatches) {
      const { entity, identity, key, damage } = finding;
      const outcome = await repairFinding(ports, concluded.value, finding);
      repaired.push({ entity, identity, key, damage, outcome });
      await ports.hook?.('finding');
    }
    await documents.write(documentKey.repairs(run, at), JSON.stringify({ repaired }));
  }
  const repair = await summarizeRepairs(documents, run, keys.length);
  await control.write(REPAIR, run, repair, 'any');
  return { next: null, repair };
}

async function repairFinding(
  ports: RepairRunPorts,
  { generation, finishedAt }: VerificationSummary,
  finding: VerificationFinding,
): Promise<RepairOutcome> {
  const { mode, generation: current } = await ports.control.mode();
  assertRepairable(mode);
  if (current !== generation) return 'overtaken';
  const reread = await rereadFinding(ports, generation, finding);
  await ports.hook?.('look');
  if (reread === null) return 'not repairable';
  const { entity, row, item } = reread;
  const writtenByThisRun = [item, ...reread.claimed].some((candidate) => repairStampOf(candidate) === finishedAt);
  if (reread.differences.length === 0) return writtenByThisRun ? 'repaired' : 'settled';
  // Written since the run: the item or row is not the one that was found.
  const isUnchanged =
    versionOfItem(item ?? undefined) === finding.version && writerOfItem(item ?? undefined) === finding.txn;
  if ((!isUnchanged && !writtenByThisRun) || (row?.seq ?? null) !== finding.seq) return 'overtaken';
  const identity = row?.identity ?? finding.identity;
  if (entity === null || identity === null || (row !== null && expectedOf(entity, row.image) === null))
    return 'not repairable';
  if (row !== null && reread.differences.some(({ damage }) => damage === 'body'))
    await storeBodies({ rows: ports.rows, bodies: ports.bodies }, [
      { entity: entity.name, identity, image: row.image },
    ]);
  const options = { mapping: ports.mapping, generation, at: finishedAt, ...(ports.hook ? { hook: ports.hook } : {}) };
  const outcomes = new Set<RepairOutcome>();
  for (const key of keysOf(reread, finding)) {
    const result = await repair(portsOf(ports), options, { relation: entity.table, pk: identity, key });
    outcomes.add(result === 'absent' ? 'settled' : result);
  }
  return WORST_FIRST.find((outcome) => outcomes.has(outcome)) ?? 'not repairable';
}

const WORST_FIRST: readonly RepairOutcome[] = ['in doubt', 'overtaken', 'repaired', 'settled'];

/** Reads the finding's item and row again; null where the finding does not tell which row it belongs to. */
async function rereadFinding(
  ports: RepairRunPorts,
  generation: number,
  finding: VerificationFinding,
): Promise<Reread | null> {
  const { entity, identity, key, kind } = finding;
  const rereadPorts: RereadPorts = { ...ports, generation, prove: createProver(ports.bodies) };
  const options = { indexKeys: ports.indexKeys, show: redact };
  if (kind === 'row') {
    if (entity === null || identity === null) return null;
    return (await rereadCandidates(rereadPorts, options, [{ kind, entity, identity, scanned: false }]))[0] ?? null;
  }
  return key === null
    ? null
    : ((await rereadCandidates(rereadPorts, options, [{ kind, key, entity, identity }]))[0] ?? null);
}

/** An item of the scan is repaired under its own key, a row under its key and under those of the unique values that it claims. */
function keysOf({ entity, row, differences }: Reread, finding: VerificationFinding): readonly ItemKey[] {
  if (finding.kind === 'item') return finding.key === null ? [] : [finding.key];
  const expected = entity === null || row === null ? null : expectedOf(entity, row.image);
  if (expected === null) return [];
  const own = differences.some(({ damage }) => damage !== 'unique');
  const unique = differences.some(({ damage }) => damage === 'unique');
  return [...(own ? [expected.key] : []), ...(unique ? expected.unique : [])];
}

function portsOf({ table, intents, rows, changelog, bodies, control }: RepairRunPorts): RepairPorts {
  return { table, intents, rows, changelog, bodies, control };
}

function repairStampOf(item: Item | null): string | null {
  const at = item?.['_at'];
  return at !== undefined && 'S' in at && writerOfItem(item ?? undefined) === null ? at.S : null;
}

async function summarizeRepairs(documents: Documents, run: string, parts: number): Promise<RepairSummary> {
  const counts = { ...emptyRepairs };
  for (let at = 0; at < parts; at++) {
    const document = await documents.read(documentKey.repairs(run, at));
    if (document === null) throw new RangeError(`${documentKey.repairs(run, at)} is missing`);
    for (const { outcome } of repairsDocument.parse(JSON.parse(Buffer.from(document).toString())).repaired)
      counts[outcome]++;
  }
  return { run, ...counts, details: `documents/verification/${run}/repairs/` };
}
