import { toCanonicalRow, type ApplicationValue, type TextRow } from '../../domain/mapping/items/application-row.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import { addDuration, parseDuration } from '../../domain/duration.ts';
import type { EntityPlan, Plan } from '../../domain/plan/plan.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { entityNamed } from '../operation.ts';

type Rule = EntityPlan['defaults'][string];

interface Generators {
  readonly clock: Clock;
  readonly uuid: () => string;
}

/**
 * What a new row gets for the columns that it does not name: from one place in every mode from dual on (RACE-47). Counters are PostgreSQL's
 * own sequences as long as it is there, and start above them afterwards.
 */
export function defaultsOf(plan: Plan, mapping: Mapping, name: string, row: TextRow, generators: Generators): TextRow {
  const entity = entityNamed(mapping, name);
  const values: Record<string, ApplicationValue> = {};
  for (const [column, rule] of Object.entries(plan.entities[name]?.defaults ?? {})) {
    if (Object.hasOwn(row, column) || rule === 'counter') continue;
    values[column] = valueOf(rule, generators);
  }
  return toCanonicalRow(entity, values);
}

function valueOf(rule: Exclude<Rule, 'counter'>, { clock, uuid }: Generators): ApplicationValue {
  if (rule === 'uuid') return uuid();
  if (rule === 'now') return clock.now();
  return 'now' in rule ? addDuration(clock.now(), parseDuration(rule.now)) : rule.constant;
}
