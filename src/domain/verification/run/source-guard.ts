import { PlanChanged, SourceChanged } from '../../errors.ts';
import type { LeafState, ReadSourceState } from '../../ports/source-state.ts';

type SourceStates = Readonly<Record<string, LeafState>>;

/** The source's tables as they were when the run began, and the hash of the part of the plan that makes items. */
export interface SourceSnapshot {
  readonly source: SourceStates;
  readonly planHash: string;
}

const CHANGES = [
  ['columns', 'its mapped columns changed'],
  ['storage', 'its storage was replaced, as by TRUNCATE, VACUUM FULL or CLUSTER'],
  ['capture', 'its capture triggers changed'],
] as const;

/** Throws SourceChanged or PlanChanged where source or plan changed, because a verdict over two schemas is valid for neither (RACE-37). */
export function assertUnchanged(snapshot: SourceSnapshot, source: SourceStates, planHash: string): void {
  if (snapshot.planHash !== planHash) throw new PlanChanged({ expected: snapshot.planHash, found: planHash });
  for (const relation of new Set([...Object.keys(snapshot.source), ...Object.keys(source)])) {
    const [before, now] = [snapshot.source[relation], source[relation]];
    if (before === undefined) {
      // A new partition has the trigger from its first row on.
      if (now !== undefined && now.capture !== 'none') continue;
      throw new SourceChanged({ relation, change: 'it was added and is not captured' });
    }
    if (now === undefined) throw new SourceChanged({ relation, change: 'it is gone' });
    const change = CHANGES.find(([aspect]) => before[aspect] !== now[aspect]);
    if (change !== undefined) throw new SourceChanged({ relation, change: change[1] });
  }
}

/**
 * Runs a part's work between two checks of the source. If the work fails and the source changed meanwhile, throws SourceChanged instead of
 * the original error.
 */
export async function withUnchangedSource<T>(
  snapshot: SourceSnapshot,
  ports: { readonly sourceState: ReadSourceState; readonly planHash: string },
  work: () => Promise<T>,
): Promise<T> {
  assertUnchanged(snapshot, await ports.sourceState(), ports.planHash);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const now = await ports.sourceState().catch(() => null);
    if (now !== null) assertUnchanged(snapshot, now, ports.planHash);
    throw error;
  }
  assertUnchanged(snapshot, await ports.sourceState(), ports.planHash);
  return result;
}

/** Throws SourceChanged where rows could change without being captured, because a comparison would not stay valid. */
export function assertCaptured(source: SourceStates, leaves: readonly string[]): void {
  for (const relation of leaves)
    if (source[relation]?.capture !== 'all')
      throw new SourceChanged({ relation, change: 'its capture triggers are missing or disabled' });
}
