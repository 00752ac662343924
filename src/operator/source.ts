import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { createDataApiSource } from '../adapters/postgres/data-api.ts';
import type { SqlSource } from '../domain/ports/source.ts';
import { OperatorError } from './operator-error.ts';

const NAMES = ['PORTAGE_CLUSTER_ARN', 'PORTAGE_SECRET_ARN', 'PORTAGE_DATABASE'] as const;

/** The source that the environment names. Throws one line with the remedy where it names none. */
export function connectSource(environment: NodeJS.ProcessEnv = process.env): SqlSource {
  const [resourceArn, secretArn, database] = NAMES.map((name) => environment[name]);
  if (!resourceArn || !secretArn || !database) {
    const missing = NAMES.filter((name) => !environment[name]);
    throw new OperatorError(`${missing.join(', ')} not set: the source is reached through the Data API of its cluster`);
  }
  // A repeated statement may be a repeated write, so the adapter repeats by itself what may be repeated.
  const client = new RDSDataClient({ maxAttempts: 1 });
  return createDataApiSource({ client, resourceArn, secretArn, database });
}
