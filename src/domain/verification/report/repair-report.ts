import { z } from 'zod';
import { MISMATCH_KINDS } from '../compare/finding.ts';

/**
 * What became of a finding. `repaired`: rewritten from PostgreSQL by this run; `settled`: right by itself, or nothing stands there and nothing
 * should; `overtaken`: written by somebody since, and left alone; `in doubt`: a dual write is open, and settles it; `not repairable`: nothing
 * says whose the item is, or the row has no form in the target.
 */
export const REPAIR_OUTCOMES = ['repaired', 'settled', 'overtaken', 'in doubt', 'not repairable'] as const;
export type RepairOutcome = (typeof REPAIR_OUTCOMES)[number];

const repaired = z.object({
  entity: z.string().nullable(),
  identity: z.array(z.string()).readonly().nullable(),
  key: z.object({ PK: z.string(), SK: z.string() }).nullable(),
  damage: z.enum(MISMATCH_KINDS),
  outcome: z.enum(REPAIR_OUTCOMES),
});
export type Repaired = z.infer<typeof repaired>;

/** What was changed in one part. */
export const repairsDocument = z.object({ repaired: z.array(repaired) });

/** Control record kind of what a run repaired; the id is the run. */
export const REPAIR = 'REPAIR';

export interface RepairSummary extends Readonly<Record<RepairOutcome, number>> {
  readonly run: string;
  /** Where the documents with each change lie. */
  readonly details: string;
}

export const emptyRepairs: Record<RepairOutcome, number> = {
  repaired: 0,
  settled: 0,
  overtaken: 0,
  'in doubt': 0,
  'not repairable': 0,
};
