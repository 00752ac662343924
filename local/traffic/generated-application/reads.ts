import type { PatternArguments } from '../../../src/domain/mapping/patterns/pattern-arguments.ts';
import { timedRead } from '../timed-read.ts';
import { differences, canonicalColumns } from '../ledger/canonical-row.ts';
import type { ApplicationValue } from '../../../src/domain/mapping/items/application-row.ts';
import { valueOf } from './values.ts';
import { pick } from './operation-context.ts';
import type { OperationContext } from './operation-context.ts';
import { shapeOf } from './entity-shape.ts';
import { clientKey } from './row-pool.ts';
import type { KnownRow } from './row-pool.ts';
import { isGiven } from './database-profile.ts';
import type { DatabaseProfile, ProfiledPattern } from './database-profile.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/** Cohorts of readers grow caller by caller, so there have to be many, however few partitions there are. */
const CALLERS = 1_000;
const BATCH = 5;

/** A pattern with arguments that some row has, or a few rows by their keys. */
export async function readSomething(context: OperationContext): Promise<void> {
  const { client, random, profile } = context;
  const options = { caller: `reader ${random.between(1, CALLERS)}` };
  const pattern = random.chance(0.75) ? pick(context, profile.patterns) : null;
  if (pattern !== null) {
    const args = argumentsOf(context, profile, pattern);
    if (args === null) return;
    context.trafficMetrics.asked(pattern.name);
    await timedRead(context.trafficMetrics, () => client.query(pattern.name, args, options));
    return;
  }
  const entity = pick(context, profile.entities);
  const rows = entity === null ? [] : context.rowPool.own(context.worker, entity);
  const some = random.chance(0.3) ? Array.from({ length: BATCH }, () => pick(context, rows)) : [pick(context, rows)];
  const keys = some.flatMap((known) => (known === null ? [] : [clientKey(known)]));
  const [first] = keys;
  if (entity === null || first === undefined) return;
  await timedRead<unknown>(context.trafficMetrics, () =>
    keys.length > 1 ? client.batchGet(entity.entity, keys, options) : client.get(entity.entity, first, options),
  );
}

/** Reads a row that this worker has just written: it must show what was acknowledged. */
export async function readBack(context: OperationContext, known: KnownRow): Promise<void> {
  const { entity, row } = known;
  const caller = `reader ${context.random.between(1, CALLERS)}`;
  const found = await timedRead(context.trafficMetrics, () =>
    context.client.get(entity.entity, clientKey(known), { caller }),
  );
  if (found === undefined) return;
  if (found === null) return context.trafficMetrics.staleRead(`${entity.entity} is not there`);
  const shown = canonicalColumns(shapeOf(entity).columns, found);
  const [column] = differences(row, shown);
  if (column === undefined) return;
  const values = `${JSON.stringify(ownProperty(shown, column) ?? null)}, not ${JSON.stringify(ownProperty(row, column))}`;
  context.trafficMetrics.staleRead(`${entity.entity} ${column}: ${values}`);
}

/** Arguments that find at least the row they were taken from, unless it is not in the index. */
export function argumentsOf(
  { random }: Pick<OperationContext, 'random'>,
  { entities }: DatabaseProfile,
  { entity, needs, range, prefix, filter, forms }: ProfiledPattern,
): PatternArguments | null {
  const finds = entities.find((candidate) => candidate.entity === entity)?.finds ?? [];
  const whole = finds.filter((row) => needs.every((path) => isGiven(ownProperty(row, path))));
  const row = whole[random.between(0, Math.max(0, whole.length - 1))];
  if (row === undefined) return needs.length === 0 ? {} : null;
  const argument = (path: string): ApplicationValue => {
    const text = ownProperty(row, path) ?? null;
    return Object.hasOwn(forms, path) ? valueOf({ kind: forms[path] ?? null }, text) : text;
  };
  const args: Record<string, PatternArguments[string]> = Object.fromEntries(
    needs.map((path) => [path, argument(path)]),
  );
  const bound = range === null ? null : argument(range);
  if (range !== null && bound !== null && random.chance(0.6)) {
    args[range] = random.chance(0.5) ? { from: bound } : { to: bound };
  }
  const start = prefix === null ? null : (ownProperty(row, prefix) ?? null);
  if (prefix !== null && start !== null && start !== '' && random.chance(0.8)) {
    args[prefix] = Array.from(start).slice(0, random.between(1, 3)).join('');
  }
  for (const path of filter)
    if (typeof ownProperty(row, path) === 'string' && random.chance(0.7)) args[path] = argument(path);
  return args;
}
