import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import { createLegacyUsers } from '../../src/adapters/legacy-users/legacy-users.ts';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import type { Hashing } from '../../src/domain/auth/password-hash.ts';
import { ConfigurationMissing } from '../../src/domain/errors.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { LegacyUsers } from '../../src/domain/ports/legacy-users.ts';
import { reader, readPlan } from './environment.ts';

/** What the sign-in trigger reaches: users by a login that may only read, and the record of its migrations. */
export type SignInPort = 'signInUsers' | 'signInRecords';

/** For the permissions of the trigger's role. */
export const SIGN_IN_USES: readonly SignInPort[] = ['signInUsers', 'signInRecords'];

/** The ports of a sign-in. */
export interface SignInPorts {
  readonly users: LegacyUsers;
  readonly hashing: Hashing;
  readonly control: ControlTable;
}

/**
 * Builds the adapters of the sign-in trigger. Does not use the port `legacyUsers`, which loads the plan compiler: Cognito waits five
 * seconds, including a cold start.
 */
export function connectSignIn(environment: NodeJS.ProcessEnv = process.env): SignInPorts {
  const value = reader(environment);
  const { auth, source } = readPlan(value);
  if (auth === undefined) throw new ConfigurationMissing({ key: 'auth in the plan' });
  const sql = createDataApiSource({
    client: new RDSDataClient({}),
    resourceArn: value('PORTAGE_CLUSTER_ARN'),
    secretArn: value('PORTAGE_SIGN_IN_SECRET_ARN'),
    database: value('PORTAGE_DATABASE'),
  });
  return {
    users: createLegacyUsers(sql, source.schema, auth, () => Promise.reject(new Error('a sign-in needs no mapping'))),
    hashing: auth,
    control: createControlTable({
      client: DynamoDBDocumentClient.from(new DynamoDBClient({})),
      tableName: value('PORTAGE_CONTROL_TABLE'),
    }),
  };
}
