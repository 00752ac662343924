import type { DatabasesFacts } from './databases.ts';
import { ACCOUNT, REGION } from '../aws/lambda/function-context.ts';
import { SIGN_IN_SECRET } from '../aws/rds/names.ts';
import { machineArn } from '../aws/states/model/arn.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { ResourceNames } from './names.ts';

/** The services of the stack, by the names of the SDK's AWS_ENDPOINT_URL_<SERVICE>. */
export const SERVICES = [
  'CLOUDWATCH',
  'COGNITO_IDENTITY_PROVIDER',
  'DYNAMODB',
  'LAMBDA',
  'RDS',
  'RDS_DATA',
  'S3',
  'SFN',
  'SNS',
] as const;

export type Service = (typeof SERVICES)[number];

/** The endpoint of each service. */
export function endpointsOf(endpoint: (service: Service) => string): Readonly<Record<Service, string>> {
  return {
    CLOUDWATCH: endpoint('CLOUDWATCH'),
    COGNITO_IDENTITY_PROVIDER: endpoint('COGNITO_IDENTITY_PROVIDER'),
    DYNAMODB: endpoint('DYNAMODB'),
    LAMBDA: endpoint('LAMBDA'),
    RDS: endpoint('RDS'),
    RDS_DATA: endpoint('RDS_DATA'),
    S3: endpoint('S3'),
    SFN: endpoint('SFN'),
    SNS: endpoint('SNS'),
  };
}

/** The environment in which handlers, clients and the AWS CLI find the stack: none of them is told an endpoint otherwise. */
export function environmentOf(options: {
  readonly endpoints: Readonly<Record<Service, string>>;
  readonly names: ResourceNames;
  readonly planFile: string;
  readonly databases: Pick<DatabasesFacts, 'clusterArn' | 'clusterId' | 'secretArn' | 'database'>;
  readonly userPoolId: string;
  readonly topicArn: string;
}): Readonly<Record<string, string>> {
  const { endpoints, names, databases } = options;
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The local S3 does not know the SDK's own checksums.
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    ...Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${service}`, endpoints[service]])),
    PORTAGE_PLAN_FILE: options.planFile,
    PORTAGE_CONTROL_TABLE: names.control,
    PORTAGE_BUCKET: names.bucket,
    PORTAGE_CLUSTER_ARN: databases.clusterArn,
    PORTAGE_CLUSTER_ID: databases.clusterId,
    PORTAGE_SECRET_ARN: databases.secretArn,
    PORTAGE_SIGN_IN_SECRET_ARN: SIGN_IN_SECRET,
    PORTAGE_DATABASE: databases.database,
    PORTAGE_USER_POOL_ID: options.userPoolId,
    PORTAGE_TOPIC_ARN: options.topicArn,
    PORTAGE_ROLLBACK_ARN: machineArn({ region: REGION, accountId: ACCOUNT }, 'portage-rollback'),
    POWERTOOLS_SERVICE_NAME: 'portage',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_LOGGER_SAMPLE_RATE: '0',
  };
}
