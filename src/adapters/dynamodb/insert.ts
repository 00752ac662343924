import { BatchExecuteStatementCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeadlineExceeded } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import { isThrottle, translate } from '../sdk/translated.ts';
import { backOff, type Deadline, withDeadline } from './deadline.ts';
import { toSdk } from './attribute-values.ts';

export type InsertOutcome = 'inserted' | 'present';

/** Maximum number of statements in one BatchExecuteStatement. */
export const BATCH = 25;

const OPERATION = 'BatchExecuteStatement';

/**
 * Inserts up to 25 items whose keys are still free. PartiQL's INSERT is conditional per statement
 * and costs the same as a plain put; throttled statements are sent again, none is dropped (RACE-8).
 */
export async function insertBatch(
  client: DynamoDBClient,
  tableName: string,
  items: readonly Item[],
  deadline: Deadline,
  consumed: (units: number) => void,
): Promise<InsertOutcome[]> {
  const outcome: (InsertOutcome | null)[] = items.map(() => null);
  let remaining = items.map((_, index) => index);
  for (let tries = 0; remaining.length > 0; tries++) {
    const failed: number[] = [];
    const command = new BatchExecuteStatementCommand({
      Statements: remaining.map((index) => statement(tableName, items[index] ?? {})),
      ReturnConsumedCapacity: 'TOTAL',
    });
    try {
      const answer = await withDeadline(deadline, OPERATION, (options) => client.send(command, options));
      consumed((answer.ConsumedCapacity ?? []).reduce((sum, { CapacityUnits }) => sum + (CapacityUnits ?? 0), 0));
      remaining.forEach((index, position) => {
        const code = answer.Responses?.[position]?.Error?.Code;
        const message = answer.Responses?.[position]?.Error?.Message;
        if (code === undefined) outcome[index] = 'inserted';
        else if (code === 'DuplicateItem') outcome[index] = 'present';
        else if (isThrottle(code) || code === 'InternalServerError') failed.push(index);
        else throw new Error(`INSERT was refused: ${code}: ${message ?? ''}`);
      });
    } catch (error) {
      if (!(error instanceof Error && isThrottle(error.name))) throw translate(error, 'DynamoDB', OPERATION);
      failed.push(...remaining.filter((index) => outcome[index] === null));
    }
    remaining = failed;
    if (remaining.length > 0 && !(await backOff(tries, deadline))) {
      throw new DeadlineExceeded({ operation: OPERATION, deadlineMs: deadline.ms });
    }
  }
  return outcome.map((found) => found ?? 'present');
}

function statement(
  tableName: string,
  item: Item,
): { Statement: string; Parameters: ReturnType<typeof toSdk>[string][] } {
  const names = Object.keys(item).map((name) => `'${name.replaceAll("'", "''")}': ?`);
  return { Statement: `INSERT INTO "${tableName}" VALUE {${names.join(',')}}`, Parameters: Object.values(toSdk(item)) };
}
