import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { translate } from '../sdk/translated.ts';
import type { Rollback } from '../../domain/ports/executions.ts';

/** The state machine `portage-rollback`. */
export function createRollback(options: { readonly client: SFNClient; readonly stateMachineArn: string }): Rollback {
  const { client, stateMachineArn } = options;
  return {
    start: async (name, input) => {
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw translate(error, 'Step Functions', 'StartExecution');
      }
    },
  };
}
