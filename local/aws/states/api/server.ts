import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { SimulatedClock } from '../../../clock/clock.ts';
import { ApiError } from '../model/api-error.ts';
import { executionOperations } from './execution-operations.ts';
import type { ExecutionSummary } from '../engine/execution-index.ts';
import { openExecutions } from '../engine/executions.ts';
import { messageOf } from '../model/failure.ts';
import { parseJson } from '../model/json.ts';
import { createInvoker } from '../engine/run/lambda.ts';
import type { Denial } from '../model/denial.ts';
import { openMachines } from '../engine/machines.ts';
import { machineOperations } from './machine-operations.ts';
import { openMapRuns } from '../engine/run/map-run.ts';
import { mapRunOperations } from './map-run-operations.ts';
import type { StatesOperation, Service } from './operation.ts';
import { taskOperations } from './task-operations.ts';
import { createTokens } from '../engine/run/tokens.ts';

export interface StatesOptions {
  /** Where machines, executions and their journals are kept; a start on the same directory goes on with them. */
  readonly dataDir: string;
  readonly port?: number | undefined;
  /** Where Lambda's Invoke API answers. It has to answer already when executions are left from before. */
  readonly lambdaEndpoint: string;
  readonly clock: SimulatedClock;
  /** What machines' roles may do: everything unless given. */
  readonly denial?: Denial | undefined;
  readonly accountId?: string | undefined;
  readonly region?: string | undefined;
  readonly random?: (() => number) | undefined;
  /** Told when an execution starts and when it ends; children of a distributed Map are executions too. */
  readonly onStatus?: ((execution: ExecutionSummary) => void) | undefined;
}

export interface StatesPart {
  readonly name: string;
  readonly endpoint: string;
  /** Ends the service; running executions stay RUNNING and go on at the next start. */
  stop(): Promise<void>;
}

const operations: Readonly<Record<string, StatesOperation>> = {
  ...machineOperations,
  ...executionOperations,
  ...taskOperations,
  ...mapRunOperations,
};

/**
 * Starts the local Step Functions service and goes on with the executions that its data directory tells of.
 *
 * It runs what this repository's machines use, and refuses the rest when a machine is created. What it runs differs from
 * AWS in this: a distributed Map runs at most 200 children at a time; TimeoutSeconds of an
 * invocation is measured in real time, everything else on the simulated clock; `$random` with a seed gives other numbers;
 * a task that was in flight when the process died is run again, while AWS does not die.
 */
export async function startStates(options: StatesOptions): Promise<StatesPart> {
  const { dataDir, clock, region = 'us-east-1', accountId = '000000000000', random = Math.random } = options;
  const { denial = () => null } = options;
  const account = { accountId, region };
  const machines = openMachines(dataDir, account, clock.now);
  const mapRuns = openMapRuns(join(dataDir, 'map-runs.jsonl'));
  const executions = openExecutions(
    dataDir,
    machines,
    (children, isExecution) => ({
      clock,
      region,
      denial,
      invoke: createInvoker(options.lambdaEndpoint),
      tokens: createTokens(isExecution),
      children,
      mapRuns,
      random,
    }),
    options.onStatus,
  );
  const service: Service = { account, clock, denial, machines, executions, mapRuns };
  const server = createServer((request, response) => void answer(service, request, response));
  const port = await listen(server, options.port ?? 0);
  executions.resume();
  return {
    name: 'states',
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await executions.close();
      machines.close();
      mapRuns.close();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The server has no port'));
    });
  });
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, body: object, type?: string): void => {
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-requestid': randomUUID(),
      ...(type !== undefined && { 'x-amzn-errortype': type }),
    });
    response.end(JSON.stringify(body));
  };
  try {
    const target = /^AWSStepFunctions\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1] ?? '';
    const run = Object.hasOwn(operations, target) ? operations[target] : undefined;
    const text = await bodyOf(request);
    if (!run) throw new ApiError('UnknownOperationException', `Operation '${target}' is not supported`);
    send(200, run(service, parseJson(text || '{}')));
  } catch (error) {
    const code = error instanceof ApiError ? error.code : 'InternalFailure';
    send(error instanceof ApiError ? 400 : 500, { __type: code, message: messageOf(error) }, code);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
