import { RestoreIncomplete } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';

/** Comparison of one entity in the restored cluster with the live source. */
export interface EntityComparison {
  readonly entity: string;
  readonly restored: number;
  readonly live: number;
  /** Differences that changes after the snapshot account for. */
  readonly explained: number;
  readonly unexplained: number;
  /** Digest of the restored rows, computed as verification computes it for the live ones. */
  readonly digest?: string;
}

/** Control record kind EVIDENCE, id `restore#<run>`: proof that the backup holds what PostgreSQL held. */
export interface RestoreEvidence {
  readonly run: string;
  readonly snapshotId: string;
  readonly snapshotAt: string | null;
  readonly restoredCluster: string;
  readonly comparedAt: string;
  readonly entities: readonly EntityComparison[];
  readonly rowsCompared: number;
}

/** Throws RestoreIncomplete unless every entity of the plan was compared and every difference is explained (RACE-51). */
export function finishRestore(plan: Plan, input: Omit<RestoreEvidence, 'rowsCompared'>): RestoreEvidence {
  const byName = new Map(input.entities.map((comparison) => [comparison.entity, comparison]));
  const reasons = Object.keys(plan.entities).flatMap((entity) => {
    const found = byName.get(entity);
    if (found === undefined) return [`${entity} was not compared`];
    if (found.unexplained > 0) return [`${entity}: ${found.unexplained} rows differ without a reason`];
    return found.restored === 0 && found.live > 0 && found.explained < found.live ? [`${entity} is empty there`] : [];
  });
  if (reasons.length > 0) throw new RestoreIncomplete({ cluster: input.restoredCluster, reasons });
  return { ...input, rowsCompared: input.entities.reduce((sum, { restored }) => sum + restored, 0) };
}

/** Tables and columns that the plan does not migrate. The gate lists them because they are deleted with the cluster. */
export function leftBehind(plan: Plan): readonly string[] {
  const tables = Object.entries(plan.exclude).map(([table, reason]) => `table ${table}: ${reason}`);
  const columns = Object.entries(plan.entities).flatMap(([entity, { omit }]) =>
    omit.map((column) => `column ${column} of ${entity}`),
  );
  return [...tables, ...columns];
}

/** Stores the evidence of a restore. */
export async function saveEvidence(control: ControlTable, evidence: RestoreEvidence): Promise<void> {
  await control.write('EVIDENCE', `restore#${evidence.run}`, evidence, 'any');
}

/** The evidence of this run. Throws RestoreIncomplete if there is none, so that no gate opens without it. */
export async function readEvidence(control: ControlTable, run: string): Promise<RestoreEvidence> {
  const found = await control.read<RestoreEvidence>('EVIDENCE', `restore#${run}`);
  if (found === null) throw new RestoreIncomplete({ cluster: run, reasons: ['no restore was compared in this run'] });
  return found.value;
}

/** The final snapshot's name, fixed before anything is deleted, so that a rerun under another name looks for the same one. */
export async function readFinalSnapshot(control: ControlTable, proposed: string): Promise<string> {
  const found = await control.read<{ readonly id: string }>('EVIDENCE', 'final-snapshot');
  if (found !== null) return found.value.id;
  await control.write('EVIDENCE', 'final-snapshot', { id: proposed }, 0);
  return proposed;
}
