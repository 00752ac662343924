import { REGION } from '../aws/account.ts';
import { USER_POOL_ID } from '../aws/cognito/pool.ts';
import { clusterArn, secretArn, SIGN_IN_SECRET } from '../aws/rds/names.ts';
import { type Credentials, CREDENTIALS } from '../process/credentials.ts';
import type { Deployment } from '../template/deployment.ts';
import { databaseOf, SOURCE } from '../template/local-configuration.ts';

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

/** Leads the SDK and the AWS CLI to the stack, in functions as in clients. */
export function redirectionsOf(endpoints: Readonly<Record<Service, string>>): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${service}`, endpoints[service]])),
    // The local S3 does not know the SDK's own checksums.
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
  };
}

/** An environment with somebody else's credentials. */
export function signedAs(
  env: Readonly<Record<string, string>>,
  { accessKeyId, secretAccessKey }: Credentials,
): Readonly<Record<string, string>> {
  return { ...env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The environment in which clients, the `portage` command and the AWS CLI find the stack: none of them is told an endpoint otherwise. */
export function environmentOf(
  planFile: string,
  { outputs }: Pick<Deployment, 'outputs'>,
  redirections: Readonly<Record<string, string>>,
  environment?: string,
): Readonly<Record<string, string>> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...redirections,
    ...(environment === undefined ? {} : { PORTAGE_ENVIRONMENT: environment }),
    PORTAGE_PLAN_FILE: planFile,
    PORTAGE_TABLE: outputs['Table'] ?? '',
    PORTAGE_CONTROL_TABLE: outputs['ControlTable'] ?? '',
    PORTAGE_BUCKET: outputs['Bucket'] ?? '',
    PORTAGE_TOPIC_ARN: outputs['Topic'] ?? '',
    PORTAGE_METRIC_NAMESPACE: outputs['MetricNamespace'] ?? '',
    PORTAGE_CLUSTER_ARN: clusterArn(SOURCE.clusterId),
    PORTAGE_CLUSTER_ID: SOURCE.clusterId,
    PORTAGE_SECRET_ARN: secretArn(SOURCE.clusterId),
    PORTAGE_SIGN_IN_SECRET_ARN: SIGN_IN_SECRET,
    PORTAGE_DATABASE: databaseOf(environment),
    PORTAGE_USER_POOL_ID: USER_POOL_ID,
    POWERTOOLS_SERVICE_NAME: 'portage',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_LOGGER_SAMPLE_RATE: '0',
  };
}
