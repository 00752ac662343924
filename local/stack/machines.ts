import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  PublishStateMachineVersionCommand,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { REGION } from '../aws/account.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { DeployedMachine, DeployedMachineVersion, Deployment } from '../template/deployment.ts';

/**
 * Creates the state machines, or gives those of an earlier start their present definitions, and publishes their versions; those that are no
 * longer deployed are deleted.
 */
export async function createMachines(
  endpoint: string,
  { machines, machineVersions }: Pick<Deployment, 'machines' | 'machineVersions'>,
): Promise<void> {
  const client = new SFNClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    for (const machine of machines) await create(client, machine);
    for (const version of machineVersions) await publish(client, version);
    const deployed = new Set(machines.map(({ arn }) => arn));
    for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {}))
      for (const { stateMachineArn } of stateMachines)
        if (stateMachineArn !== undefined && !deployed.has(stateMachineArn)) await remove(client, stateMachineArn);
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

async function publish(client: SFNClient, { machineArn, revisionId, arn }: DeployedMachineVersion): Promise<void> {
  const published = await client.send(
    new PublishStateMachineVersionCommand({ stateMachineArn: machineArn, revisionId }),
  );
  if (published.stateMachineVersionArn !== arn)
    throw new Error(`${machineArn}: the version is ${published.stateMachineVersionArn}, the template calls it ${arn}`);
}

/** Deletes a machine, and ends its executions, as a deletion on AWS does in time. */
async function remove(client: SFNClient, stateMachineArn: string): Promise<void> {
  const running = paginateListExecutions({ client }, { stateMachineArn, statusFilter: 'RUNNING' });
  for await (const { executions = [] } of running)
    for (const { executionArn } of executions) await client.send(new StopExecutionCommand({ executionArn }));
  await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
}
