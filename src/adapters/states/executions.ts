import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { translate } from '../sdk/translated.ts';
import type { Executions } from '../../domain/ports/executions.ts';

/** Executions of Step Functions. `TaskTimedOut` also means that the token was used before. */
export function createExecutions(options: { readonly client: SFNClient }): Executions {
  const { client } = options;
  return {
    async running(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING' || status === 'PENDING_REDRIVE';
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return false;
        throw translate(error, 'Step Functions', 'DescribeExecution');
      }
    },
    async stop(executionArn, cause) {
      try {
        await client.send(new StopExecutionCommand({ executionArn, error: 'RolledBackByHand', cause }));
      } catch (error) {
        if (!(error instanceof ExecutionDoesNotExist)) throw translate(error, 'Step Functions', 'StopExecution');
      }
    },
    succeed: (taskToken, output) =>
      sendTaskResult(client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, error, cause) =>
      sendTaskResult(client.send(new SendTaskFailureCommand({ taskToken, error, cause: cause.slice(0, 32_000) }))),
  };
}

async function sendTaskResult(sending: Promise<unknown>): Promise<'sent' | 'closed'> {
  try {
    await sending;
    return 'sent';
  } catch (error) {
    // An attempt whose answer was lost has closed the task itself.
    if (error instanceof TaskTimedOut && (error.$metadata.attempts ?? 1) > 1) return 'sent';
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
      return 'closed';
    throw translate(error, 'Step Functions', 'SendTaskResult');
  }
}
