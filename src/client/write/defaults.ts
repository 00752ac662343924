import { toCanonicalRow, type ApplicationValue, type TextRow } from '../../domain/mapping/items/application-row.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { entityNamed } from '../operation.ts';

/**
 * What a new row gets for the columns that it does not name: from one place in every mode from dual on (RACE-47). Counters are PostgreSQL's
 * own sequences as long as it is there, and start above them afterwards.
 */
export function defaultsOf(
  plan: Plan,
  mapping: Mapping,
  name: string,
  row: TextRow,
  generators: { readonly clock: Clock; readonly uuid: () => string },
): TextRow {
  const entity = entityNamed(mapping, name);
  const values: Record<string, ApplicationValue> = {};
  for (const [column, rule] of Object.entries(plan.entities[name]?.defaults ?? {})) {
    if (column in row || rule === 'counter') continue;
    values[column] = rule === 'uuid' ? generators.uuid() : rule === 'now' ? generators.clock.now() : rule.constant;
  }
  return toCanonicalRow(entity, values);
}
