import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { createDataApiSource } from '../../adapters/postgres/connection/data-api.ts';
import { markOwnStatements } from '../../adapters/postgres/connection/own-statements.ts';
import { createPgSource } from '../../adapters/postgres/connection/pg-source.ts';
import { sqlstateOf, StatementFailed } from '../../adapters/postgres/connection/statement-failed.ts';
import { SourceUnavailable } from '../../domain/errors.ts';
import type { SqlSource } from '../../domain/ports/source.ts';
import { OperatorError } from '../operator-error.ts';

/** The forms of `--source`, for help and errors. */
export const SOURCE_FORMS = 'postgres://user:password@host/database, or clusterArn,secretArn,database';

const ENVIRONMENT = ['PORTAGE_CLUSTER_ARN', 'PORTAGE_SECRET_ARN', 'PORTAGE_DATABASE'] as const;

/**
 * Runs `work` on the source that `--source` names, else the environment; null if neither names one.
 * The source is closed afterwards in any case; a direct PostgreSQL connection refuses every write.
 */
export async function withSource<T>(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
  work: (source: SqlSource) => Promise<T>,
): Promise<T | null> {
  if (named !== undefined && /^postgres(?:ql)?:\/\//.test(named)) {
    const source = createPgSource({
      connection: { connectionString: checkedUrl(named), application_name: 'portage' },
      readOnly: true,
      // A wrong port must not take half a minute to be told.
      attempts: 3,
    });
    try {
      return await work(markOwnStatements(source));
    } catch (error) {
      throw refusedLogin(error) ?? unreachable(error, named) ?? error;
    } finally {
      await source.close();
    }
  }
  const arns = named === undefined ? fromEnvironment(environment) : fromText(named);
  if (arns === null) return null;
  const [resourceArn, secretArn, database] = arns;
  // Retrying a statement may repeat a write, so the adapter retries only what is safe.
  const client = new RDSDataClient({ maxAttempts: 1 });
  try {
    return await work(markOwnStatements(createDataApiSource({ client, resourceArn, secretArn, database })));
  } finally {
    client.destroy();
  }
}

/** Wrong user, password or database: PostgreSQL's message tells which. */
function refusedLogin(error: unknown): OperatorError | null {
  const state = sqlstateOf(error);
  if (!(error instanceof StatementFailed) || (state !== '3D000' && state?.startsWith('28') !== true)) return null;
  const reason = error.message.replace(/ \(SQLSTATE .*$/s, '');
  return new OperatorError(`${reason}: correct user, password or database in --source`, { cause: error });
}

/** Nothing listens there, or the network does not lead there. */
function unreachable(error: unknown, url: string): OperatorError | null {
  if (!(error instanceof SourceUnavailable)) return null;
  return new OperatorError(`PostgreSQL does not answer at ${new URL(url).host}: correct host and port in --source`, {
    cause: error,
  });
}

type Arns = readonly [string, string, string];

/** Removes the password from an error. */
function checkedUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).pathname.length > 1) return text;
  throw new OperatorError('--source is a URL without a database: write postgres://user:password@host:5432/database');
}

function fromText(text: string): Arns {
  const [resourceArn = '', secretArn = '', database = '', ...rest] = text.split(',').map((part) => part.trim());
  if (rest.length === 0 && resourceArn.startsWith('arn:') && secretArn.startsWith('arn:') && database !== '')
    return [resourceArn, secretArn, database];
  throw new OperatorError(`--source is neither a URL nor a cluster: write ${SOURCE_FORMS}`);
}

function fromEnvironment(environment: NodeJS.ProcessEnv): Arns | null {
  const [resourceArn, secretArn, database] = ENVIRONMENT.map((name) => environment[name]);
  if (resourceArn && secretArn && database) return [resourceArn, secretArn, database];
  const missing = ENVIRONMENT.filter((name) => !environment[name]);
  if (missing.length === ENVIRONMENT.length) return null;
  throw new OperatorError(`${missing.join(', ')} not set: the source is reached through the Data API of its cluster`);
}
