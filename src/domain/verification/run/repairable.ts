import { RepairRefused } from '../../errors.ts';
import type { Mode } from '../../mode/modes.ts';

const REPAIRABLE: ReadonlySet<Mode> = new Set(['dual', 'shadow', 'reads']);

/**
 * Throws RepairRefused outside of the modes dual, shadow and reads. Repairs rewrite items from PostgreSQL: the load must be done, and PostgreSQL
 * must still decide and accept writes.
 */
export function assertRepairable(mode: Mode): void {
  if (!REPAIRABLE.has(mode)) throw new RepairRefused({ reason: `the mode is ${mode}` });
}
