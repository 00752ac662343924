import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { type Message, type Sns, startSns } from '../../../../local/aws/sns/sns.ts';

let root: string;
let sns: Sns;
let client: SNSClient;
const heard: Message[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-sns-'));
  sns = await startSns({ directory: root, now: () => 42, onMessage: (message) => heard.push(message) });
  client = new SNSClient({ endpoint: sns.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
});
afterAll(async () => {
  client.destroy();
  await sns.stop();
  rmSync(root, { recursive: true, force: true });
});

test('a published message reaches the listener as it was written', async () => {
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name: 'portage-gates' }));
  const text = 'gate <open> & "waiting"\n+ 100 % déjà vu';
  const { MessageId } = await client.send(new PublishCommand({ TopicArn, Subject: 'Gate', Message: text }));
  expect(heard).toEqual([{ id: MessageId, topicArn: TopicArn, subject: 'Gate', message: text, at: 42 }]);
  expect(sns.messages()).toEqual(heard);
});

test('what is not supported is refused by name', async () => {
  await expect(client.send(new SubscribeCommand({ TopicArn: 'x', Protocol: 'email' }))).rejects.toThrow(
    'Subscribe does not run locally',
  );
});
