import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSClient } from '@aws-sdk/client-rds';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';

// The SDK finds endpoints and credentials by itself.

export const cloudwatch = (): CloudWatchClient => new CloudWatchClient({});
export const cognito = (): CognitoIdentityProviderClient => new CognitoIdentityProviderClient({});
export const dataApi = (): RDSDataClient => withoutLogger(new RDSDataClient({}));
export const dynamo = (): DynamoDBClient => withoutLogger(new DynamoDBClient({}));
export const rds = (): RDSClient => new RDSClient({});
export const s3 = (): S3Client => new S3Client({});
export const sns = (): SNSClient => new SNSClient({});
export const states = (): SFNClient => new SFNClient({});

/** The SDK's own logger copies every response although nothing is logged: with pages of a thousand items, a tenth of the work. */
function withoutLogger<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
