import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';

const eventSchema = z.object({ word: z.string() });

const env = (name: string): string => process.env[name] ?? '';

/** For tests of the stack: writes a word to every store that the environment names. */
export const handler = async (raw: unknown): Promise<unknown> => {
  const { word } = eventSchema.parse(raw);
  await new DynamoDBClient({}).send(
    new PutItemCommand({ TableName: env('PORTAGE_CONTROL_TABLE'), Item: { PK: { S: 'WORD' }, SK: { S: word } } }),
  );
  await new S3Client({}).send(
    new PutObjectCommand({ Bucket: env('PORTAGE_BUCKET'), Key: `words/${word}`, Body: word }),
  );
  const { records } = await new RDSDataClient({}).send(
    new ExecuteStatementCommand({
      resourceArn: env('PORTAGE_CLUSTER_ARN'),
      secretArn: env('PORTAGE_SECRET_ARN'),
      database: env('PORTAGE_DATABASE'),
      sql: 'insert into words (word) values (:word) returning length(word)',
      parameters: [{ name: 'word', value: { stringValue: word } }],
    }),
  );
  await new SNSClient({}).send(new PublishCommand({ TopicArn: env('PORTAGE_TOPIC_ARN'), Message: word }));
  return { word, length: records?.[0]?.[0]?.longValue ?? null };
};
