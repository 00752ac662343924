import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  type DescribeExecutionOutput,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSimulatedClock } from '../../../../local/clock/simulated-clock.ts';
import { startStates } from '../../../../local/aws/states/api/server.ts';
import type { Denial } from '../../../../local/aws/states/model/denial.ts';

/** What a function of the test does with an event; it throws an error whose name becomes the errorType. */
export type Function = (event: unknown) => unknown;

export interface Functions {
  readonly endpoint: string;
  readonly calls: { readonly name: string; readonly event: unknown }[];
  set(name: string, run: Function): void;
  /** Called before every function; what it throws is the function's error. */
  before: (name: string) => void;
  stop(): Promise<void>;
}

/** A Lambda endpoint with functions that tests set. */
export async function startFunctions(): Promise<Functions> {
  const functions = new Map<string, Function>();
  const calls: { name: string; event: unknown }[] = [];
  const hook = { before: (_name: string): void => undefined };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const name = decodeURIComponent(request.url?.split('/')[3] ?? '')
        .split(':')
        .at(-1);
      const event: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      void (async () => {
        const run = functions.get(name ?? '');
        if (!run) {
          response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
          response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
          return;
        }
        calls.push({ name: name ?? '', event });
        try {
          hook.before(name ?? '');
          const result = await run(event);
          response.writeHead(200, { 'x-amz-executed-version': '$LATEST' });
          response.end(JSON.stringify(result ?? null));
        } catch (error) {
          const { name: errorType, message: errorMessage } = error instanceof Error ? error : new Error(String(error));
          response.writeHead(200, { 'x-amz-function-error': 'Unhandled' });
          response.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
        }
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    calls,
    get before() {
      return hook.before;
    },
    set before(before) {
      hook.before = before;
    },
    set: (name, run) => void functions.set(name, run),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** An error with a name of its own. */
export function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

/** A service on a directory of its own, a clock that skips every wait, functions, and AWS's client. */
export async function startHarness({ realUpToMs = 0, denial }: { realUpToMs?: number; denial?: Denial } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'portage-states-'));
  const functions = await startFunctions();
  const open = async () => {
    const clock = createSimulatedClock({ realUpToMs, compressedMs: 5, offsetFile: join(directory, 'offset') });
    const part = await startStates({ dataDir: directory, lambdaEndpoint: functions.endpoint, clock, denial });
    return { clock, part, client: clientOf(part.endpoint) };
  };
  let current = await open();
  let machines = 0;

  const create = async (definition: object, name = `machine-${(machines += 1)}`): Promise<string> => {
    const created = await current.client.send(
      new CreateStateMachineCommand({
        name,
        roleArn: 'arn:aws:iam::000000000000:role/test',
        definition: JSON.stringify({ QueryLanguage: 'JSONata', ...definition }),
      }),
    );
    return created.stateMachineArn ?? '';
  };
  const start = async (stateMachineArn: string, input: unknown = {}, name?: string): Promise<string> => {
    const started = await current.client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), ...(name !== undefined && { name }) }),
    );
    return started.executionArn ?? '';
  };
  const describe = (executionArn: string): Promise<DescribeExecutionOutput> =>
    current.client.send(new DescribeExecutionCommand({ executionArn }));
  const ended = (executionArn: string): Promise<DescribeExecutionOutput> =>
    eventually(async () => {
      const description = await describe(executionArn);
      return description.status === 'RUNNING' ? null : description;
    });

  return {
    directory,
    functions,
    get client() {
      return current.client;
    },
    get clock() {
      return current.clock;
    },
    create,
    start,
    describe,
    ended,
    /** Creates a machine of the states, runs it to its end and answers what became of it. */
    run: async (states: object, input: unknown = {}, more: object = {}): Promise<DescribeExecutionOutput> => {
      const machine = await create({ StartAt: Object.keys(states)[0], States: states, ...more });
      return ended(await start(machine, input));
    },
    history: async (executionArn: string | undefined): Promise<HistoryEvent[]> => {
      const page = await current.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
      return page.events ?? [];
    },
    /** Ends the service and starts it again on the same directory. */
    restart: async (between: () => void = () => undefined): Promise<void> => {
      await current.part.stop();
      between();
      current = await open();
    },
    stop: async (): Promise<void> => {
      await current.part.stop();
      await functions.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** AWS's client for an endpoint. */
export function clientOf(endpoint: string): SFNClient {
  return new SFNClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

/** Asks until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | null> | T | null): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error('It did not happen within 60 s');
    await delay(5);
  }
}

/** The output of an execution as JSON. */
export function outputOf(description: DescribeExecutionOutput): unknown {
  return JSON.parse(description.output ?? 'null');
}
