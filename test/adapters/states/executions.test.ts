import type { Server } from 'node:http';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonAnswer } from '../../../local/aws/answer.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { closeServer, httpServer, listen } from '../../../local/process/free-port.ts';
import { createExecutions } from '../../../src/adapters/states/executions.ts';
import type { Executions } from '../../../src/domain/ports/executions.ts';

/** How many of the next answers are lost on their way. */
let lost = 0;
/** Tokens of tasks that wait. */
let waiting = new Set<string>();
let server: Server;
let client: SFNClient;
let executions: Executions;

beforeAll(async () => {
  server = httpServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    incoming.on('end', () => {
      const found = waiting.delete(String(JSON.parse(body).taskToken));
      const answer = found ? { status: 200, headers: {}, body: '{}' } : jsonAnswer(400, 'TaskTimedOut', 'closed');
      const { status, headers, body: text } = lost > 0 ? jsonAnswer(503, 'ServiceUnavailable', 'lost') : answer;
      lost -= 1;
      outgoing.writeHead(status, headers).end(text);
    });
  });
  client = new SFNClient({
    endpoint: await listen(server, 0, 'Step Functions'),
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  executions = createExecutions({ client });
});

afterAll(async () => {
  client.destroy();
  await closeServer(server);
});

test('a decision whose first answer was lost has been sent, not refused', async () => {
  waiting = new Set(['a', 'b']);
  lost = 1;
  expect(await executions.succeed('a', {})).toBe('sent');
  lost = 1;
  expect(await executions.fail('b', 'GateRejected', 'no')).toBe('sent');
  expect(waiting).toEqual(new Set());
});

test('a task that was closed before is told as closed', async () => {
  lost = 0;
  expect(await executions.succeed('gone', {})).toBe('closed');
});
