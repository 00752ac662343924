import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createControlTable } from '../adapters/control/control-table.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import type { Machines } from './machines.ts';
import { OperatorError } from './operator-error.ts';

/**
 * The services that commands use: Step Functions and the control table, at the SDK's configured
 * endpoints.
 */
export interface Connection {
  readonly states: Machines;
  readonly control: ControlTable;
}

/** Throws one line with the remedy if region or control table are not set. */
export function connect(environment: NodeJS.ProcessEnv = process.env): Connection {
  const tableName = environment['PORTAGE_CONTROL_TABLE'];
  if (!tableName) {
    throw new OperatorError(
      'PORTAGE_CONTROL_TABLE is not set: name the control table (portage-<plan>-control), as `portage up` or the stack outputs show it',
    );
  }
  if (!environment['AWS_REGION'] && !environment['AWS_DEFAULT_REGION'] && !environment['AWS_PROFILE']) {
    throw new OperatorError('AWS_REGION is not set: name the region that the stack was deployed to');
  }
  return {
    states: { client: new SFNClient({}), prefix: prefixOf(environment['PORTAGE_ENVIRONMENT']) },
    control: createControlTable({ client: DynamoDBDocumentClient.from(new DynamoDBClient({})), tableName }),
  };
}

/** Of the names of a deployment, as infra/configuration.ts makes it. */
function prefixOf(environment: string | undefined): string {
  return environment === undefined || environment === '' ? 'portage' : `portage-${environment}`;
}
