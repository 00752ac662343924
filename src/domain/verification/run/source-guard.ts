import { PlanChanged, SourceChanged } from '../../errors.ts';
import type { LeafState, ReadSourceState } from '../../ports/source-state.ts';

type SourceStates = Readonly<Record<string, LeafState>>;

/** What a run holds on to: the source's tables as they were when it began, and the part of the plan that makes items. */
export interface SourceSnapshot {
  readonly source: SourceStates;
  readonly planHash: string;
}

const CHANGES = [
  ['columns', 'its columns changed'],
  ['storage', 'its storage was replaced, as by TRUNCATE, VACUUM FULL or CLUSTER'],
  ['capture', 'its capture triggers changed'],
] as const;

/** Throws unless source and plan are still what they were: a verdict over two schemas is about neither (RACE 37). */
export function assertUnchanged(held: SourceSnapshot, source: SourceStates, planHash: string): void {
  if (held.planHash !== planHash) throw new PlanChanged({ expected: held.planHash, found: planHash });
  for (const relation of new Set([...Object.keys(held.source), ...Object.keys(source)])) {
    const [before, now] = [held.source[relation], source[relation]];
    if (before === undefined || now === undefined)
      throw new SourceChanged({ relation, change: before === undefined ? 'it was added' : 'it is gone' });
    const change = CHANGES.find(([aspect]) => before[aspect] !== now[aspect]);
    if (change !== undefined) throw new SourceChanged({ relation, change: change[1] });
  }
}

/** Does a part's work between two looks at the source; what DDL broke in between is told as that, not as what it broke. */
export async function withUnchangedSource<T>(
  held: SourceSnapshot,
  ports: { readonly sourceState: ReadSourceState; readonly planHash: string },
  work: () => Promise<T>,
): Promise<T> {
  assertUnchanged(held, await ports.sourceState(), ports.planHash);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const now = await ports.sourceState().catch(() => null);
    if (now !== null) assertUnchanged(held, now, ports.planHash);
    throw error;
  }
  assertUnchanged(held, await ports.sourceState(), ports.planHash);
  return result;
}

const CAPTURED = 'portage_capture A, portage_truncate A';

/** Throws where rows could change without being captured: what was compared then would not stay compared. */
export function assertCaptured(source: SourceStates, leaves: readonly string[]): void {
  for (const relation of leaves)
    if (source[relation]?.capture !== CAPTURED)
      throw new SourceChanged({ relation, change: 'its capture triggers are missing or disabled' });
}
