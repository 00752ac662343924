import { DescribeTimeToLiveCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { translated } from '../sdk/translated.ts';
import type { ExpirySwitch } from '../../domain/ports/table.ts';

/**
 * Turns on TTL of the application table. Checks first, because DynamoDB refuses to turn on what is
 * already on.
 */
export function createExpirySwitch({
  client,
  tableName,
}: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}): ExpirySwitch {
  return {
    enable: async (attribute) => {
      const { TimeToLiveDescription: now } = await translated('DynamoDB', 'DescribeTimeToLive', () =>
        client.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
      );
      const on = now?.TimeToLiveStatus === 'ENABLED' || now?.TimeToLiveStatus === 'ENABLING';
      if (on && now.AttributeName === attribute) return;
      await translated('DynamoDB', 'UpdateTimeToLive', () =>
        client.send(
          new UpdateTimeToLiveCommand({
            TableName: tableName,
            TimeToLiveSpecification: { Enabled: true, AttributeName: attribute },
          }),
        ),
      );
    },
  };
}
