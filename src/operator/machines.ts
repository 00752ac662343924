import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  type ExecutionListItem,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError } from './operator-error.ts';

const POLL_MS = 500;

/** The state machines of a deployment. */
export interface Machines {
  readonly client: SFNClient;
  /** With which their names begin: `portage` or `portage-<environment>`. */
  readonly prefix: string;
}

/** ARN of a machine by its file's name; throws one line with the remedy if it is not deployed. */
export async function machineArn({ client, prefix }: Machines, name: string): Promise<string> {
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListStateMachinesCommand({ nextToken }));
    const found = page.stateMachines?.find((machine) => machine.name === `${prefix}-${name}`)?.stateMachineArn;
    if (found) return found;
    nextToken = page.nextToken;
  } while (nextToken);
  throw new OperatorError(
    `state machine ${prefix}-${name} is not deployed here; deploy infra/, start \`portage up\`, or correct PORTAGE_ENVIRONMENT`,
  );
}

/** Starts a machine under the name that the console shows. Returns the execution's ARN. */
export async function startMachine(machines: Machines, machine: string, name: string, input: unknown): Promise<string> {
  const stateMachineArn = await machineArn(machines, machine);
  const started = await machines.client.send(
    new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
  );
  return started.executionArn ?? '';
}

/** Execution names are unique for 90 days, and 80 characters at most. */
export function executionName(prefix: string): string {
  return `${prefix.slice(0, 70)}-${Date.now().toString(36)}`;
}

/** Waits until an execution has ended; returns its output, or throws its error and cause. */
export async function waitFor({ client }: Machines, executionArn: string): Promise<unknown> {
  for (;;) {
    const { status, output, error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'SUCCEEDED') return output === undefined ? null : JSON.parse(output);
    if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') {
      throw new OperatorError(
        `${error ?? status}: ${causeMessage(cause) ?? 'see the execution history in the console'}`,
      );
    }
    await pause(POLL_MS);
  }
}

/** Executions of a machine, newest first. */
export async function executionsOf(machines: Machines, machine: string): Promise<readonly ExecutionListItem[]> {
  const stateMachineArn = await machineArn(machines, machine);
  const page = await machines.client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 20 }));
  return page.executions ?? [];
}

/** An execution of the migration, and whether Step Functions would redrive it. */
export interface MigrationExecution {
  readonly executionArn: string;
  readonly status: string;
  readonly isRedrivable: boolean;
}

/** The execution that runs, else the newest one that began its work; null if there is none among the newest. */
export async function currentMigration(machines: Machines): Promise<MigrationExecution | null> {
  const executions = await executionsOf(machines, 'migration');
  const running = executions.filter(({ status }) => status === 'RUNNING');
  for (const { executionArn = '' } of [...running, ...executions]) {
    const {
      status = '',
      error,
      redriveStatus,
    } = await machines.client.send(new DescribeExecutionCommand({ executionArn }));
    if (error === 'LockHeld' || (status === 'FAILED' && !(await hasBegun(machines, executionArn)))) continue;
    return { executionArn, status, isRedrivable: redriveStatus !== 'NOT_REDRIVABLE' };
  }
  return null;
}

/** Whether an execution came beyond the check of its input: to a task, which is one of its first events. */
async function hasBegun({ client }: Machines, executionArn: string): Promise<boolean> {
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 10 }));
  return events.some(({ type }) => type === 'TaskStateEntered');
}

/** Redrives a failed, aborted or timed-out execution from the state that failed. */
export async function redrive({ client }: Machines, executionArn: string): Promise<void> {
  await client.send(new RedriveExecutionCommand({ executionArn }));
}

/** A handler's error arrives as JSON inside the cause. */
function causeMessage(cause: string | undefined): string | null {
  if (!cause) return null;
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {
    // Not JSON: the cause is the message.
  }
  return cause;
}
