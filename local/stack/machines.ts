import { CreateStateMachineCommand, SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { REGION } from '../aws/account.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { DeployedMachine } from '../template/deployment.ts';

/** Creates the state machines, or gives those of an earlier start their present definitions. */
export async function createMachines(endpoint: string, machines: readonly DeployedMachine[]): Promise<void> {
  const client = new SFNClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    for (const machine of machines) await create(client, machine);
  } finally {
    client.destroy();
  }
}

async function create(client: SFNClient, { name, arn, definition, roleArn }: DeployedMachine): Promise<void> {
  try {
    await client.send(new CreateStateMachineCommand({ name, definition, roleArn }));
  } catch (error) {
    if (error instanceof Error && error.name === 'StateMachineAlreadyExists')
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition, roleArn }));
    else throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
