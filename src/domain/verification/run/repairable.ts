import { RepairRefused } from '../../errors.ts';
import type { Mode } from '../../mode/modes.ts';

const REPAIRABLE: ReadonlySet<Mode> = new Set(['dual', 'shadow', 'reads']);

/** Repairs rewrite items from PostgreSQL: not before the load is through, and never once something else decides or writes are fenced off. */
export function assertRepairable(mode: Mode): void {
  if (!REPAIRABLE.has(mode)) throw new RepairRefused({ reason: `the mode is ${mode}` });
}
