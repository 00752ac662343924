import type { ClusterFacts } from '../ports/clusters.ts';
import { check, type Check } from './check.ts';
import { quotaChecks, type QuotasFound, type Warmth } from './quotas.ts';

/** What the source says of itself and of the login that the secret holds. */
export interface OwnerFacts {
  /** Major version, e.g. 15. */
  readonly version: number;
  /** A reader takes no writes. */
  readonly recovering: boolean;
  readonly login: string;
  /** Whether the login may create the schema `portage`. */
  readonly createsSchemas: boolean;
  /** Mapped tables that the login does not own, and that are not of a role that it is a member of. */
  readonly foreignTables: readonly string[];
}

/** What the login of the sign-in trigger may do with the table of users. */
export interface SignInFacts {
  readonly login: string;
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface PoolFacts {
  readonly id: string;
  /** ARN of the user migration trigger, null where none is attached. */
  readonly trigger: string | null;
  readonly clients: readonly PoolClient[];
}

export interface PoolClient {
  readonly name: string;
  /** Whether it may send passwords, without which the trigger is not called. */
  readonly sendsPasswords: boolean;
  readonly hidesAbsence: boolean;
}

/** The account as it was found; null where there is no such thing, a text where it could not be read. */
export interface Account {
  readonly cluster: ClusterFacts | null | string;
  readonly source: OwnerFacts | string;
  /** Undefined where the plan has no `auth`. */
  readonly auth: { readonly pool: PoolFacts | null | string; readonly signIn: SignInFacts | string } | undefined;
  /** A text where none is read. */
  readonly quotas: QuotasFound | string;
  readonly warmth: Warmth | undefined;
  /** Of the configuration. */
  readonly names: { readonly clusterId: string; readonly instanceIds: readonly string[]; readonly userPoolId: string };
}

const OLDEST_VERSION = 14;
/** The trigger of an earlier deployment. */
const OWN_TRIGGER = /:function:portage-(?:[a-z0-9]+-)?migrate-user(?::live)?$/;

/** What has to be there before a deployment, each with what was found and what to do. */
export function prerequisites({ cluster, source, auth, quotas, warmth, names }: Account): readonly Check[] {
  return [
    ...clusterChecks(cluster, names, auth !== undefined),
    ...sourceChecks(source),
    ...(auth === undefined ? [] : [...signInChecks(auth.signIn), ...poolChecks(auth.pool, names.userPoolId)]),
    ...quotaChecks(quotas, warmth, auth !== undefined),
  ];
}

function clusterChecks(
  cluster: Account['cluster'],
  { clusterId, instanceIds }: Account['names'],
  signIns: boolean,
): readonly Check[] {
  if (cluster === null || typeof cluster === 'string')
    return [
      check(
        'cluster',
        false,
        cluster ?? `${clusterId} is not there`,
        'correct clusterArn, account and region in infra/cdk.json',
      ),
    ];
  const { engine, engineVersion, status, httpEndpoint, instances, serverless } = cluster;
  const missing = instanceIds.filter((id) => !instances.includes(id));
  const unnamed = instances.filter((id) => !instanceIds.includes(id));
  return [
    check('cluster', status === 'available', `${clusterId} is ${status}`, 'wait until it is available'),
    check(
      'engine',
      engine === 'aurora-postgresql' && Number.parseInt(engineVersion, 10) >= OLDEST_VERSION,
      `${engine} ${engineVersion}`,
      `upgrade to Aurora PostgreSQL ${OLDEST_VERSION} or later: the Data API and the trigger need it`,
    ),
    check(
      'Data API',
      httpEndpoint,
      httpEndpoint ? 'enabled' : 'disabled',
      'enable the HTTP endpoint of the cluster: functions reach the source by it',
    ),
    check(
      'instances',
      missing.length === 0 && unnamed.length === 0,
      [...instances].toSorted().join(', ') || 'none',
      `name exactly these as instanceIds in infra/cdk.json${missing.length === 0 ? '' : `, without ${missing.join(', ')}`}: the decommission deletes them`,
    ),
    ...(signIns && serverless !== null
      ? [
          check(
            'least capacity',
            serverless.min > 0,
            `${serverless.min} ACU`,
            'raise the minimum to 0.5 ACU or more for phase 1: a cluster that sleeps answers later than the 5 s that Cognito waits',
          ),
        ]
      : []),
  ];
}

function sourceChecks(source: Account['source']): readonly Check[] {
  if (typeof source === 'string')
    return [check('source', false, source, 'correct secretArn and database in infra/cdk.json')];
  const { version, recovering, login, createsSchemas, foreignTables } = source;
  return [
    check(
      'source',
      version >= OLDEST_VERSION && !recovering,
      `PostgreSQL ${version}, ${recovering ? 'a reader' : 'the writer'}`,
      'name the ARN of the cluster, whose endpoint is the writer',
    ),
    check(
      'schema',
      createsSchemas,
      `${login} may ${createsSchemas ? '' : 'not '}create schemas`,
      `GRANT CREATE ON DATABASE … TO ${login}: capture keeps its tables in the schema portage`,
    ),
    check(
      'tables',
      foreignTables.length === 0,
      foreignTables.length === 0
        ? `${login} owns what the plan maps`
        : `${login} does not own ${foreignTables.join(', ')}`,
      `GRANT the owner's role TO ${login}: only an owner may create triggers`,
    ),
  ];
}

function signInChecks(signIn: SignInFacts | string): readonly Check[] {
  if (typeof signIn === 'string')
    return [
      check(
        'sign-in login',
        false,
        signIn,
        'make the login as docs/access.md says, and name its secret as signInSecretArn in infra/cdk.json',
      ),
    ];
  const { login, reads, writes } = signIn;
  return [
    check(
      'sign-in login',
      reads && !writes,
      `${login} ${reads ? 'reads' : 'cannot read'} users${writes ? ', and may write them' : ''}`,
      'GRANT SELECT on the columns that docs/access.md names, and nothing else: the internet reaches this login',
    ),
  ];
}

function poolChecks(pool: PoolFacts | null | string, userPoolId: string): readonly Check[] {
  if (pool === null || typeof pool === 'string')
    return [check('user pool', false, pool ?? `${userPoolId} is not there`, 'correct userPoolId in infra/cdk.json')];
  const { trigger, clients } = pool;
  const mute = clients.filter(({ sendsPasswords }) => !sendsPasswords).map(({ name }) => name);
  const telling = clients.filter(({ hidesAbsence }) => !hidesAbsence).map(({ name }) => name);
  const free = trigger === null || OWN_TRIGGER.test(trigger);
  return [
    check(
      'user migration trigger',
      free,
      trigger ?? 'none',
      'detach it: a pool has one user migration trigger, and phase 1 attaches its own',
    ),
    check(
      'app clients',
      clients.length > 0 && mute.length === 0,
      mute.length > 0 ? `${mute.join(', ')} may not send passwords` : `${clients.length} in all`,
      'allow ALLOW_USER_PASSWORD_AUTH: with SRP the trigger never sees a password, and nobody moves',
    ),
    check(
      'absent users',
      telling.length === 0,
      telling.length > 0 ? `${telling.join(', ')} tells who is not there` : 'hidden',
      'set PreventUserExistenceErrors to ENABLED: else the answer tells who has an account',
    ),
  ];
}
