import { CreateStateMachineCommand, SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { placeholderOf, substitute } from '../../infra/definition.ts';
import { ACCOUNT, functionArn, REGION } from '../aws/lambda/function-context.ts';
import { CREDENTIALS } from '../process/credentials.ts';

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/portage`;

/** ARN of a local state machine, by the name of its file. */
export function machineArn(file: string): string {
  return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:portage-${file}`;
}

/**
 * Fills in the placeholders of all definitions as infra/machines.ts does on AWS; a placeholder that names no handler
 * and no machine is refused with the name of its file.
 */
export function fillIn(
  definitions: ReadonlyMap<string, string>,
  functions: readonly { readonly name: string }[],
): ReadonlyMap<string, string> {
  const values = new Map([
    ...functions.map(({ name }) => [placeholderOf(name, 'function'), functionArn(`portage-${name}`)] as const),
    ...[...definitions.keys()].map((file) => [placeholderOf(file, 'machine'), machineArn(file)] as const),
  ]);
  return new Map([...definitions].map(([file, text]) => [file, substitute(file, text, values)]));
}

/** Creates the state machines, or gives those of an earlier start their present definitions. */
export async function createMachines(endpoint: string, definitions: ReadonlyMap<string, string>): Promise<void> {
  const client = new SFNClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    for (const [file, definition] of definitions) await create(client, file, definition);
  } finally {
    client.destroy();
  }
}

async function create(client: SFNClient, file: string, definition: string): Promise<void> {
  try {
    await client.send(new CreateStateMachineCommand({ name: `portage-${file}`, definition, roleArn: ROLE_ARN }));
  } catch (error) {
    if (error instanceof Error && error.name === 'StateMachineAlreadyExists')
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: machineArn(file), definition }));
    else
      throw new Error(`statemachines/${file}.asl.yaml: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
  }
}
