import type { Mapping } from '../mapping/mapping.ts';
import type { Plan } from '../plan/plan.ts';

export interface Adoption {
  /** Tables that are captured from now on. */
  readonly adopted: readonly string[];
  /** Rows of adopted tables that were put into the changelog. */
  readonly rows: number;
}

export interface AdoptPorts {
  readonly plan: Pick<Plan, 'ddl'>;
  readonly capture: {
    /**
     * Captures tables that have joined a mapped one, and puts their rows into the changelog until `pause` says so; with `returned` also
     * tables that were captured before, left and came back.
     */
    adopt(mapping: Mapping, options: { readonly pause: () => boolean; readonly returned: boolean }): Promise<Adoption>;
  };
}

/** Adopts new partitions and inheritance children where the plan says so. */
export async function adoptPartitions(
  { plan: { ddl }, capture }: AdoptPorts,
  mapping: Mapping,
  pause: () => boolean,
): Promise<Adoption> {
  if (ddl.partitionAdded === 'halt') return { adopted: [], rows: 0 };
  return capture.adopt(mapping, { pause, returned: ddl.partitionRemoved === 'note' });
}
