import { parseCall } from '../aws/cloudwatch/wire.ts';
import type { Call, WireRequest } from './call.ts';
import { dynamodbCalls } from './calls/dynamodb.ts';
import { cloudwatchCalls, cognitoCalls, dataApiCalls, lambdaCalls, statesCalls } from './calls/json-services.ts';
import type { KeyOf } from './calls/kms.ts';
import { rdsCalls, snsCalls } from './calls/query-services.ts';
import { s3Calls } from './calls/s3.ts';
import type { Service } from '../stack/environment.ts';
import type { Protocol } from './refusal.ts';

export interface ServiceRules {
  readonly protocol: Protocol;
  /** False where a request is understood without its body, which then passes through unread. */
  readonly readsBody: boolean;
  /** The calls of a request; `public` where no credentials are needed. */
  calls(request: WireRequest): readonly Call[] | 'public';
}

/** How the requests of each service are understood and refused. */
export function serviceRules(keyOf: KeyOf): Readonly<Record<Service, ServiceRules>> {
  return {
    CLOUDWATCH: {
      protocol: 'json',
      readsBody: true,
      calls: (request) => {
        const { operation, input } = parseCall(request, request.body);
        return cloudwatchCalls(operation, input);
      },
    },
    COGNITO_IDENTITY_PROVIDER: { protocol: 'json', readsBody: true, calls: cognitoCalls },
    DYNAMODB: { protocol: 'json', readsBody: true, calls: dynamodbCalls(keyOf) },
    LAMBDA: { protocol: 'rest-json', readsBody: false, calls: lambdaCalls },
    RDS: { protocol: 'query', readsBody: true, calls: rdsCalls },
    RDS_DATA: { protocol: 'rest-json', readsBody: true, calls: dataApiCalls },
    S3: { protocol: 's3', readsBody: false, calls: s3Calls(keyOf) },
    SFN: { protocol: 'json', readsBody: true, calls: statesCalls },
    SNS: { protocol: 'query', readsBody: true, calls: snsCalls(keyOf) },
  };
}
