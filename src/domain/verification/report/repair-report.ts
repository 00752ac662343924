import * as z from 'zod';
import { MISMATCH_KINDS } from '../compare/finding.ts';

/**
 * Outcome of repairing a finding. `repaired`: rewritten from PostgreSQL by this run; `settled`: no longer differs, or neither item nor row
 * exists; `overtaken`: written since by another writer, and left alone; `in doubt`: a dual write is open and settles it; `not repairable`:
 * the item does not tell which row it belongs to, or the row cannot be stored in the target.
 */
const REPAIR_OUTCOMES = ['repaired', 'settled', 'overtaken', 'in doubt', 'not repairable'] as const;
export type RepairOutcome = (typeof REPAIR_OUTCOMES)[number];

const repaired = z.object({
  entity: z.string().nullable(),
  identity: z.array(z.string()).readonly().nullable(),
  key: z.object({ PK: z.string(), SK: z.string() }).nullable(),
  damage: z.enum(MISMATCH_KINDS),
  outcome: z.enum(REPAIR_OUTCOMES),
});
export type RepairedFinding = z.infer<typeof repaired>;

/** Document with the repairs of one part. */
export const repairsDocument = z.object({ repaired: z.array(repaired) });

/** Control record kind of the repair summaries; the id is the run. */
export const REPAIR = 'REPAIR';

export interface RepairSummary extends Readonly<Record<RepairOutcome, number>> {
  readonly run: string;
  /** Prefix of the documents with each repair. */
  readonly details: string;
}

export const emptyRepairs: Record<RepairOutcome, number> = {
  repaired: 0,
  settled: 0,
  overtaken: 0,
  'in doubt': 0,
  'not repairable': 0,
};
