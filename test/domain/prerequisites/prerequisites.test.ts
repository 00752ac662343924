import { expect, test } from '@jest/globals';
import { type Account, prerequisites } from '../../../src/domain/prerequisites/prerequisites.ts';
import { QUOTA_NAMES, type QuotaFacts, type QuotaName } from '../../../src/domain/prerequisites/quotas.ts';

const CLUSTER = {
  id: 'shop',
  arn: 'arn:aws:rds:eu-west-1:111122223333:cluster:shop',
  status: 'available',
  httpEndpoint: true,
  deletionProtection: true,
  instances: ['shop-1'],
  secretArn: null,
  tags: {},
  engine: 'aurora-postgresql',
  engineVersion: '15.4',
  subnetGroup: null,
  parameterGroup: null,
  securityGroups: [],
  kmsKeyId: null,
  serverless: { min: 0.5, max: 8 },
} as const;
const SOURCE = { version: 15, recovering: false, login: 'owner', createsSchemas: true, foreignTables: [] };
const SIGN_IN = { login: 'portage_sign_in', reads: true, writes: false };
const CLIENT = { name: 'web', sendsPasswords: true, hidesAbsence: true };
const POOL = { id: 'p', trigger: null, clients: [CLIENT] };
/** What a new account of some age has. */
const LIMITS = {
  concurrency: 1_000,
  tableWrites: 40_000,
  tableReads: 40_000,
  tables: 2_500,
  machines: 100_000,
  executions: 1_000_000,
  clusters: 40,
  dbInstances: 40,
  snapshots: 100,
};

function quotas(others: Readonly<Partial<Record<QuotaName, QuotaFacts | string>>> = {}) {
  return new Map(QUOTA_NAMES.map((name) => [name, others[name] ?? { limit: LIMITS[name], used: 1 }] as const));
}

const READY = {
  cluster: CLUSTER,
  source: SOURCE,
  auth: { pool: POOL, signIn: SIGN_IN },
  quotas: quotas(),
  warmth: undefined,
  names: { clusterId: 'shop', instanceIds: ['shop-1'], userPoolId: 'p' },
} satisfies Account;

function failures(account: Account): readonly string[] {
  return prerequisites(account)
    .filter(({ passed }) => passed === false)
    .map(({ subject, found }) => `${subject}: ${found}`);
}

const { auth: _, ...withoutAuth } = READY;

test.each<[string, Account, readonly unknown[]]>([
  ['an account that is ready', READY, []],
  ['a cluster that is not there', { ...READY, cluster: null }, ['cluster: shop is not there']],
  ['a cluster that may not be read', { ...READY, cluster: 'AccessDenied' }, ['cluster: AccessDenied']],
  [
    'a cluster that is being changed',
    { ...READY, cluster: { ...CLUSTER, status: 'modifying' } },
    ['cluster: shop is modifying'],
  ],
  ['an old engine', { ...READY, cluster: { ...CLUSTER, engineVersion: '13.12' } }, ['engine: aurora-postgresql 13.12']],
  ['another engine', { ...READY, cluster: { ...CLUSTER, engine: 'aurora-mysql' } }, ['engine: aurora-mysql 15.4']],
  ['no Data API', { ...READY, cluster: { ...CLUSTER, httpEndpoint: false } }, ['Data API: disabled']],
  [
    'an instance without a name',
    { ...READY, cluster: { ...CLUSTER, instances: ['shop-2', 'shop-1'] } },
    ['instances: shop-1, shop-2'],
  ],
  ['a name without an instance', { ...READY, cluster: { ...CLUSTER, instances: [] } }, ['instances: none']],
  [
    'a cluster that sleeps',
    { ...READY, cluster: { ...CLUSTER, serverless: { min: 0, max: 8 } } },
    ['least capacity: 0 ACU'],
  ],
  [
    'a cluster that may sleep',
    { ...withoutAuth, auth: undefined, cluster: { ...CLUSTER, serverless: { min: 0, max: 8 } } },
    [],
  ],
  ['a reader', { ...READY, source: { ...SOURCE, recovering: true } }, ['source: PostgreSQL 15, a reader']],
  [
    'no right to a schema',
    { ...READY, source: { ...SOURCE, createsSchemas: false } },
    ['schema: owner may not create schemas'],
  ],
  [
    "another one's tables",
    { ...READY, source: { ...SOURCE, foreignTables: ['a', 'b'] } },
    ['tables: owner does not own a, b'],
  ],
  [
    'a login that cannot read',
    { ...READY, auth: { pool: POOL, signIn: { ...SIGN_IN, reads: false } } },
    ['sign-in login: portage_sign_in cannot read users'],
  ],
  [
    'a login that may write',
    { ...READY, auth: { pool: POOL, signIn: { ...SIGN_IN, writes: true } } },
    ['sign-in login: portage_sign_in reads users, and may write them'],
  ],
  ['no pool', { ...READY, auth: { pool: null, signIn: SIGN_IN } }, ['user pool: p is not there']],
  [
    'a trigger of one’s own',
    { ...READY, auth: { pool: { ...POOL, trigger: 'arn:mine' }, signIn: SIGN_IN } },
    ['user migration trigger: arn:mine'],
  ],
  [
    'the trigger of an earlier deployment',
    {
      ...READY,
      auth: { pool: { ...POOL, trigger: 'arn:aws:lambda:r:1:function:portage-migrate-user:live' }, signIn: SIGN_IN },
    },
    [],
  ],
  [
    'a client that sends no passwords',
    { ...READY, auth: { pool: { ...POOL, clients: [{ ...CLIENT, sendsPasswords: false }] }, signIn: SIGN_IN } },
    ['app clients: web may not send passwords'],
  ],
  ['no client', { ...READY, auth: { pool: { ...POOL, clients: [] }, signIn: SIGN_IN } }, ['app clients: 0 in all']],
  [
    'a client that tells who is absent',
    { ...READY, auth: { pool: { ...POOL, clients: [{ ...CLIENT, hidesAbsence: false }] }, signIn: SIGN_IN } },
    ['absent users: web tells who is not there'],
  ],
  [
    'a new account, which runs ten functions at a time',
    { ...READY, quotas: quotas({ concurrency: { limit: 10, used: 0 } }) },
    [
      'quota of concurrent executions: 10; 13 needed (8 parts of verifications, 3 functions that the clock starts, 1 step, and one for each sign-in under way)',
    ],
  ],
  [
    'functions that have reserved what there is',
    { ...READY, quotas: quotas({ concurrency: { limit: 1_000, used: 988 } }) },
    [expect.stringMatching(/^quota of concurrent executions: 1000, 988 of them in use; 13 needed/)],
  ],
  [
    'a table that may not be warmed that much',
    { ...READY, warmth: { writeUnitsPerSecond: 60_000, readUnitsPerSecond: 12_000 } },
    [
      'quota of write units a second of a table: 40000, 1 of them in use; 60000 needed (warmThroughput of infra/cdk.json)',
    ],
  ],
  [
    'no place for two more snapshots and one more cluster',
    { ...READY, quotas: quotas({ clusters: { limit: 40, used: 40 }, snapshots: { limit: 100, used: 99 } }) },
    [
      'quota of clusters: 40, 40 of them in use; 1 needed (the temporary cluster, in which the decommission compares the backup)',
      'quota of manual snapshots of clusters: 100, 99 of them in use; 2 needed (the one that is compared, and the final one)',
    ],
  ],
  ['quotas that may not be read', { ...READY, quotas: quotas({ tables: 'AccessDenied' }) }, []],
  ['no account that has quotas', { ...READY, quotas: 'the embedded stack' }, []],
])('%s', (_name, account, expected) => {
  expect(failures(account)).toEqual(expected);
});

test('without auth nothing is asked of a user pool', () => {
  const subjects = prerequisites({ ...withoutAuth, auth: undefined }).map(({ subject }) => subject);
  expect(subjects.slice(0, 7)).toEqual(['cluster', 'engine', 'Data API', 'instances', 'source', 'schema', 'tables']);
  expect(subjects.slice(7).every((subject) => subject.startsWith('quota of '))).toBe(true);
});

test('a quota that is too low names the request for more, one that cannot be read how to look it up', () => {
  const checks = prerequisites({
    ...READY,
    quotas: quotas({ snapshots: { limit: 100, used: 100 }, tables: 'AccessDenied' }),
  });
  expect(checks.find(({ subject }) => subject === 'quota of manual snapshots of clusters')).toMatchObject({
    passed: false,
    remedy:
      'ask for more: aws service-quotas request-service-quota-increase --service-code rds --quota-code L-9B510759 --desired-value 102',
  });
  expect(checks.find(({ subject }) => subject === 'quota of tables')).toMatchObject({
    passed: null,
    found: 'not checked: AccessDenied',
    remedy: expect.stringMatching(/--service-code dynamodb --quota-code L-F98FE922$/),
  });
});
