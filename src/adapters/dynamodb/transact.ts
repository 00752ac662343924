import { type DynamoDBClient, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { OutcomeUnknown } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import type { Intent, TransactOutcome } from '../../domain/ports/table.ts';
import { ifNewer } from './conditions.ts';
import { isThrottle, translate } from '../sdk/translated.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import { intentItem } from './intents.ts';
import { fromSdk, toSdk } from './attribute-values.ts';

const OPERATION = 'TransactWriteItems';

/** Errors that guarantee that nothing was written. */
const REFUSALS = new Set([
  'ValidationException',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ItemCollectionSizeLimitExceededException',
  'IdempotentParameterMismatchException',
  'UnrecognizedClientException',
]);

/**
 * Step 4 of a dual write: puts all items under `newer` and the intent, atomically. The SDK retries
 * it with the same client token.
 */
export async function transact(
  client: DynamoDBClient,
  names: { readonly table: string; readonly control: string },
  request: { readonly items: readonly Item[]; readonly intent: Intent | null; readonly token: string },
  deadline: Deadline,
  consumed: (units: number) => void,
): Promise<TransactOutcome> {
  const { items, intent, token } = request;
  const command = new TransactWriteItemsCommand({
    ClientRequestToken: token,
    ReturnConsumedCapacity: 'TOTAL',
    TransactItems: [
      ...items.map((item) => ({
        Put: {
          TableName: names.table,
          Item: toSdk(item),
          ...ifNewer(item),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
        },
      })),
      ...(intent === null ? [] : [{ Put: { TableName: names.control, Item: intentItem(intent) } }]),
    ],
  });
  try {
    const answer = await withDeadline(deadline, OPERATION, (options) => client.send(command, options));
    consumed((answer.ConsumedCapacity ?? []).reduce((sum, { CapacityUnits }) => sum + (CapacityUnits ?? 0), 0));
    return { kind: 'written' };
  } catch (error) {
    if (error instanceof TransactionCanceledException) return cancellationOutcome(error, items);
    if (error instanceof Error && isThrottle(error.name)) return { kind: 'conflict' };
    if (error instanceof Error && REFUSALS.has(error.name)) throw translate(error, 'DynamoDB', OPERATION);
    // Aborted, timed out, disconnected or 5xx: the transaction may have committed, or may still
    // commit.
    throw new OutcomeUnknown({ operation: OPERATION, txn: intent?.txn ?? null }, { cause: error });
  }
}

function cancellationOutcome(error: TransactionCanceledException, items: readonly Item[]): TransactOutcome {
  const reasons = error.CancellationReasons ?? [];
  const codes = reasons.map(({ Code }) => Code);
  if (codes.includes('ConditionalCheckFailed')) {
    const present = items.map((_, index) => {
      const reason = reasons[index];
      return reason?.Code === 'ConditionalCheckFailed' ? fromSdk(reason.Item ?? {}) : null;
    });
    return { kind: 'refused', present };
  }
  if (codes.some(isThrottle)) return { kind: 'conflict' };
  throw translate(error, 'DynamoDB', OPERATION);
}
