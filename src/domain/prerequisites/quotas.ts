import { SOURCE, TABLE } from '../assess/estimate.ts';
import { type Check, unchecked } from './check.ts';

/** How much of a quota there is in the account, and how much of that is in use. */
export interface QuotaFacts {
  readonly limit: number;
  readonly used: number;
}

/** Each quota as it was found; a text where it could not be read. */
export type QuotasFound = ReadonlyMap<QuotaName, QuotaFacts | string>;

/** What the table is warmed for: `warmThroughput` of the configuration. */
export interface Warmth {
  readonly writeUnitsPerSecond: number;
  readonly readUnitsPerSecond: number;
}

/** What a deployment has of its own. test/infra/needs.test.ts compares it with the template and the definitions. */
export const DEPLOYED = { tables: 2, machines: 16, scheduledFunctions: 3 };

/** The nightly verification runs beside that of the cutover, and a load runs alone. */
const VERIFICATIONS = 2;
/** One step of the migration, or of its rollback. */
const STEPS = 1;
/** The migration, its phase and what that has started; the nightly machine; a rollback. */
const MACHINES_AT_ONCE = 5;

interface Quota {
  /** Codes by which Service Quotas knows it. */
  readonly service: string;
  readonly code: string;
  /** What is counted. */
  readonly unit: string;
}

/** The quotas that a migration can meet. That of CloudWatch's alarms is not in Service Quotas. */
export const QUOTA_NAMES = [
  'concurrency',
  'tableWrites',
  'tableReads',
  'tables',
  'machines',
  'executions',
  'clusters',
  'dbInstances',
  'snapshots',
] as const;

export type QuotaName = (typeof QUOTA_NAMES)[number];

export const QUOTAS: Readonly<Record<QuotaName, Quota>> = {
  concurrency: { service: 'lambda', code: 'L-B99A9384', unit: 'concurrent executions' },
  tableWrites: { service: 'dynamodb', code: 'L-AB614373', unit: 'write units a second of a table' },
  tableReads: { service: 'dynamodb', code: 'L-CF0CBE56', unit: 'read units a second of a table' },
  tables: { service: 'dynamodb', code: 'L-F98FE922', unit: 'tables' },
  machines: { service: 'states', code: 'L-B66B0F91', unit: 'state machines' },
  executions: { service: 'states', code: 'L-B8A5B662', unit: 'open executions' },
  clusters: { service: 'rds', code: 'L-952B80B8', unit: 'clusters' },
  dbInstances: { service: 'rds', code: 'L-7B6409FD', unit: 'instances' },
  snapshots: { service: 'rds', code: 'L-9B510759', unit: 'manual snapshots of clusters' },
};

/** What the migration takes of each quota, with the reason. */
function quotaNeeds(
  warmth: Warmth | undefined,
  signIns: boolean,
): Readonly<Record<QuotaName, { readonly needed: number; readonly why: string }>> {
  const parts = VERIFICATIONS * SOURCE.workers;
  const concurrency = parts + DEPLOYED.scheduledFunctions + STEPS + (signIns ? 1 : 0);
  const warmed = warmth === undefined ? 'what a new table takes' : 'warmThroughput of infra/cdk.json';
  return {
    concurrency: {
      needed: concurrency,
      why: `${parts} parts of verifications, ${DEPLOYED.scheduledFunctions} functions that the clock starts, ${STEPS} step${signIns ? ', and one for each sign-in under way' : ''}`,
    },
    tableWrites: { needed: warmth?.writeUnitsPerSecond ?? TABLE.writeUnitsPerSecond, why: warmed },
    tableReads: { needed: warmth?.readUnitsPerSecond ?? TABLE.readUnitsPerSecond, why: warmed },
    tables: { needed: DEPLOYED.tables, why: 'the table and the control table' },
    machines: { needed: DEPLOYED.machines, why: 'those of the stack' },
    executions: { needed: MACHINES_AT_ONCE + parts, why: 'machines that start each other, and parts of verifications' },
    clusters: { needed: 1, why: 'the temporary cluster, in which the decommission compares the backup' },
    dbInstances: { needed: 1, why: 'that of the temporary cluster' },
    snapshots: { needed: 2, why: 'the one that is compared, and the final one' },
  };
}

/** Whether the account has what the migration takes of each quota, besides what is in use. A text tells why none was read. */
export function quotaChecks(
  found: QuotasFound | string,
  warmth: Warmth | undefined,
  signIns: boolean,
): readonly Check[] {
  if (typeof found === 'string')
    return [unchecked('quotas', found, 'compare them with docs/aws.md in the console of Service Quotas')];
  const needs = quotaNeeds(warmth, signIns);
  return QUOTA_NAMES.map((name): Check => {
    const { service, code, unit } = QUOTAS[name];
    const { needed, why } = needs[name];
    const subject = `quota of ${unit}`;
    const facts = found.get(name) ?? 'it was not read';
    if (typeof facts === 'string')
      return unchecked(
        subject,
        facts,
        `docs/aws.md has the rights; or see that ${needed} are free: aws service-quotas get-service-quota --service-code ${service} --quota-code ${code}`,
      );
    const { limit, used } = facts;
    return {
      subject,
      passed: limit - used >= needed,
      found: `${limit}${used === 0 ? '' : `, ${used} of them in use`}; ${needed} needed (${why})`,
      remedy: `ask for more: aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${used + needed}`,
    };
  });
}
