import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { planSchema, type Plan } from '../src/domain/plan/plan.ts';

const arn = z.string().regex(/^arn:[^:]+:[^:]+:[^:]*:\d{12}:.+/, 'must be an ARN');

/** A key by its own ARN: grants on an alias have no effect. */
const keyArn = z
  .string()
  .regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a key of KMS, not of an alias');

const WHO_HEARS = 'must name an address that hears of open gates and alarms';

const schema = z.strictObject({
  /** Tells deployments of one account apart: a part of every name. Without it names begin with `portage-` alone. */
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,9}$/, 'must be at most 10 small letters and digits, and begin with a letter')
    .optional(),
  planFile: z.string().min(1),
  account: z.string().regex(/^\d{12}$/, 'must be a 12-digit account'),
  region: z.string().min(1),
  clusterArn: arn,
  secretArn: arn,
  /** Of the login by which the sign-in trigger reads users: it may only SELECT (docs/access.md). Needed where the plan has `auth`. */
  signInSecretArn: arn.optional(),
  /** The cluster's instances: decommission deletes these and no others. */
  instanceIds: z.array(z.string().min(1)).min(1),
  /** Customer managed keys that already encrypt the source: the cluster and its secret. */
  kmsKeyArns: z.array(arn).default([]),
  /** The customer managed key that encrypts the target: both tables and the bucket. Keys of AWS do without it. */
  encryptionKeyArn: keyArn.optional(),
  database: z.string().min(1),
  userPoolId: z.string().regex(/^[\w-]+_[0-9a-zA-Z]+$/, 'must be a user pool id'),
  /** The role by which the pool sends SMS, if it does: setting the trigger hands it back to the pool. */
  smsRoleArn: arn.optional(),
  /** Who hears of open gates and alarms. */
  notifyEmails: z.array(z.email(), WHO_HEARS).min(1, WHO_HEARS),
  /** An alarm sounds when requests to the table cost more than this in a day. */
  maxDollarsPerDay: z.number().positive().default(100),
  /** What the table and its indexes take from the first second, as `portage plan check` computes it; AWS's own without it. */
  warmThroughput: z
    .strictObject({
      readUnitsPerSecond: z.number().int().min(12_000),
      writeUnitsPerSecond: z.number().int().min(4_000),
    })
    .optional(),
});

/** `context.portage` as it is written. */
export type ConfigurationInput = z.input<typeof schema>;

/** What is already there and Portage only refers to: Aurora, its secret, the user pool; and the plan that moves it. */
export interface Configuration extends z.infer<typeof schema> {
  readonly clusterId: string;
  /** With which the names of functions, state machines and whatever else the migration has begin: `portage` or `portage-<environment>`. */
  readonly prefix: string;
  /** Of the metrics that functions and clients send. */
  readonly metricNamespace: string;
  /** Of the table that rows go to: the plan's name for it, and the environment. */
  readonly tableName: string;
  readonly planPath: string;
  readonly plan: Plan;
}

/** Reads the `portage` context of infra/cdk.json (or `-c portage=…`); throws one line that names the field and the remedy. */
export function readConfiguration(context: unknown, folder: string): Configuration {
  const value = typeof context === 'string' ? parseJson(context, 'infra/cdk.json: -c portage=…') : context;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `infra/cdk.json: ${['context', 'portage', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is invalid'}; correct it there or with -c`,
    );
  }
  const planPath = resolve(folder, parsed.data.planFile);
  if (!existsSync(planPath))
    throw new Error(
      `infra/cdk.json: context.portage.planFile: there is no file ${planPath}; name the plan, as seen from ${folder}`,
    );
  const plan = planSchema.safeParse(parseJson(readFileSync(planPath, 'utf8'), planPath));
  if (!plan.success) {
    throw new Error(
      `${planPath}: ${plan.error.issues[0]?.path.join('.')}: ${plan.error.issues[0]?.message}; run \`portage plan check\``,
    );
  }
  if (plan.data.auth !== undefined && parsed.data.signInSecretArn === undefined)
    throw new Error(
      'infra/cdk.json: context.portage.signInSecretArn: the plan has `auth`, so the sign-in trigger needs a login that may only read; make it as docs/access.md says and name its secret',
    );
  assertPlaces(parsed.data);
  const clusterId = parsed.data.clusterArn.split(':').at(-1) ?? '';
  const { environment } = parsed.data;
  const tableName = plan.data.table.name;
  return {
    ...parsed.data,
    ...(environment === undefined
      ? { prefix: 'portage', metricNamespace: 'Portage', tableName }
      : {
          prefix: `portage-${environment}`,
          metricNamespace: `Portage/${environment}`,
          tableName: `${tableName}-${environment}`,
        }),
    clusterId,
    planPath,
    plan: plan.data,
  };
}

/** Refuses what is not where the stack is: the Data API and the user pool's trigger reach no other account or region. */
function assertPlaces(configuration: z.infer<typeof schema>): void {
  const { account, region, userPoolId, clusterArn, secretArn, signInSecretArn, encryptionKeyArn } = configuration;
  const places = [
    ...Object.entries({ clusterArn, secretArn, signInSecretArn }).flatMap(([field, value]) =>
      value === undefined ? [] : [{ field, region: value.split(':')[3], account: value.split(':')[4] }],
    ),
    // A key may belong to another account.
    ...(encryptionKeyArn === undefined
      ? []
      : [{ field: 'encryptionKeyArn', region: encryptionKeyArn.split(':')[3], account }]),
    { field: 'userPoolId', region: userPoolId.split('_')[0], account },
  ];
  for (const place of places) {
    if (place.region !== region || place.account !== account)
      throw new Error(
        `infra/cdk.json: context.portage.${place.field}: it is in ${place.account} ${place.region} and the stack in ${account} ${region}; correct it, or account and region`,
      );
  }
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${place}: is no JSON: ${error instanceof Error ? error.message : String(error)}; correct it`, {
      cause: error,
    });
  }
}

/** The folder this app lives in. */
export function folderOf(metaUrl: string): string {
  return dirname(new URL(metaUrl).pathname);
}
