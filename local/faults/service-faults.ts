import type { Service } from '../stack/environment.ts';
import type { ThrottlingReason } from '../aws/dynamodb/throttling.ts';
import { type Answer, jsonAnswer, queryAnswer, restJsonAnswer, s3Answer } from '../aws/answer.ts';

export const SERVICE_FAULTS = [
  'throttled',
  'server error',
  /** A load balancer in front of the service answers in its place. */
  'bad gateway',
  /** The connection ends before the service has the request. */
  'dropped',
  /** Committed, and then the answer is lost. */
  'answer lost',
  'slow',
  'transaction cancelled',
  'partly processed',
  /** DynamoDB throttles one partition, though the table has capacity. */
  'hot partition',
] as const;

export type ServiceFault = (typeof SERVICE_FAULTS)[number];

const ANY: readonly ServiceFault[] = ['throttled', 'server error', 'bad gateway', 'dropped', 'answer lost', 'slow'];
const DYNAMODB_ANY: readonly ServiceFault[] = [...ANY, 'hot partition'];
const DYNAMODB: Readonly<Record<string, readonly ServiceFault[]>> = {
  TransactWriteItems: [...DYNAMODB_ANY, 'transaction cancelled'],
  BatchExecuteStatement: [...DYNAMODB_ANY, 'partly processed'],
  BatchGetItem: [...DYNAMODB_ANY, 'partly processed'],
};

/** What may befall a call. */
export function faultsOf(service: Service, operation: string): readonly ServiceFault[] {
  return service === 'DYNAMODB' ? (DYNAMODB[operation] ?? DYNAMODB_ANY) : ANY;
}

interface Failures {
  readonly throttled: Answer;
  readonly 'server error': Answer;
}

const MESSAGE = 'injected';
const DYNAMODB_TYPE = 'com.amazonaws.dynamodb.v20120810#';

/** How each service asks for a later retry, and how it says that it failed. */
const ANSWERS: Readonly<Record<Service, Failures>> = {
  CLOUDWATCH: {
    throttled: jsonAnswer(400, 'ThrottlingException', MESSAGE),
    'server error': jsonAnswer(500, 'InternalServiceFault', MESSAGE),
  },
  COGNITO_IDENTITY_PROVIDER: {
    throttled: jsonAnswer(400, 'TooManyRequestsException', MESSAGE),
    'server error': jsonAnswer(500, 'InternalErrorException', MESSAGE),
  },
  DYNAMODB: {
    throttled: throttled([]),
    'server error': jsonAnswer(500, `${DYNAMODB_TYPE}InternalServerError`, MESSAGE),
  },
  LAMBDA: {
    throttled: restJsonAnswer(429, 'TooManyRequestsException', MESSAGE),
    'server error': restJsonAnswer(500, 'ServiceException', MESSAGE),
  },
  RDS: {
    throttled: queryAnswer(400, 'Throttling', MESSAGE),
    'server error': queryAnswer(500, 'InternalFailure', MESSAGE),
  },
  RDS_DATA: {
    throttled: restJsonAnswer(400, 'ThrottlingException', MESSAGE),
    'server error': restJsonAnswer(500, 'InternalServerErrorException', MESSAGE),
  },
  S3: {
    throttled: s3Answer(503, 'SlowDown', MESSAGE),
    'server error': s3Answer(500, 'InternalError', MESSAGE),
  },
  SFN: {
    throttled: jsonAnswer(400, 'ThrottlingException', MESSAGE),
    'server error': jsonAnswer(500, 'InternalFailure', MESSAGE),
  },
  SNS: {
    throttled: queryAnswer(429, 'Throttled', MESSAGE),
    'server error': queryAnswer(500, 'InternalError', MESSAGE),
  },
};

/** The answer in the service's place, null where the call goes through or the connection ends. DynamoDB tells the reasons of a throttle. */
export function faultAnswer(
  service: Service,
  fault: ServiceFault,
  body: Buffer,
  reasons: readonly ThrottlingReason[] = [],
): Answer | null {
  switch (fault) {
    case 'dropped':
    case 'answer lost':
    case 'slow':
      return null;
    case 'bad gateway':
      return { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>Service Unavailable</html>' };
    case 'transaction cancelled':
      return jsonAnswer(400, `${DYNAMODB_TYPE}TransactionCanceledException`, MESSAGE, cancelled(body));
    case 'partly processed':
      return { status: 200, headers: DYNAMO_HEADERS, body: JSON.stringify(unprocessed(body)) };
    case 'hot partition':
    case 'throttled':
      return service === 'DYNAMODB' ? throttled(reasons) : ANSWERS[service].throttled;
    case 'server error':
      return ANSWERS[service][fault];
  }
}

const DYNAMO_HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

function throttled(ThrottlingReasons: readonly ThrottlingReason[]): Answer {
  return jsonAnswer(400, `${DYNAMODB_TYPE}ProvisionedThroughputExceededException`, MESSAGE, { ThrottlingReasons });
}

function cancelled(body: Buffer): object {
  const request: unknown = JSON.parse(body.toString('utf8'));
  const items = listOf(request, 'TransactItems');
  return { CancellationReasons: items.map((_, n) => ({ Code: n === 0 ? 'TransactionConflict' : 'None' })) };
}

/** Nothing of it was done, and it is for the caller to ask again. */
function unprocessed(body: Buffer): object {
  const request: unknown = JSON.parse(body.toString('utf8'));
  if (typeof request === 'object' && request !== null && 'RequestItems' in request)
    return { Responses: {}, UnprocessedKeys: request.RequestItems };
  return {
    Responses: listOf(request, 'Statements').map(() => ({
      Error: { Code: 'ProvisionedThroughputExceeded', Message: MESSAGE },
    })),
  };
}

function listOf(request: unknown, name: string): readonly unknown[] {
  const value =
    typeof request === 'object' && request !== null ? Object.entries(request).find(([key]) => key === name)?.[1] : [];
  return Array.isArray(value) ? value : [];
}
