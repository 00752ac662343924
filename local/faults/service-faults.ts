/** Services whose calls can be broken. */
export type Service = 'dynamodb' | 's3' | 'data-api';

export type ServiceFault =
  | 'throttled'
  | 'server error'
  | 'transaction cancelled'
  | 'partly processed'
  /** Committed, and then the answer is lost. */
  | 'answer lost'
  | 'slow';

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ANY: readonly ServiceFault[] = ['throttled', 'server error', 'answer lost', 'slow'];
const DYNAMODB: Readonly<Record<string, readonly ServiceFault[]>> = {
  TransactWriteItems: ['throttled', 'server error', 'answer lost', 'slow', 'transaction cancelled'],
  BatchExecuteStatement: [...ANY, 'partly processed'],
  BatchGetItem: [...ANY, 'partly processed'],
};

/** What may befall a call. */
export function faultsOf(service: Service, operation: string): readonly ServiceFault[] {
  return service === 'dynamodb' ? (DYNAMODB[operation] ?? ANY) : ANY;
}

/** The answer in the service's place, null where the call goes through. */
export function refusal(service: Service, fault: ServiceFault, body: Buffer): Refusal | null {
  if (fault === 'slow' || fault === 'answer lost') return null;
  if (service === 's3') return s3(fault);
  if (service === 'data-api') {
    return fault === 'throttled' ? dataApi(400, 'ThrottlingException') : dataApi(500, 'InternalServerErrorException');
  }
  if (fault === 'throttled') return dynamodb(400, 'ProvisionedThroughputExceededException', {});
  if (fault === 'transaction cancelled') return dynamodb(400, 'TransactionCanceledException', cancelled(body));
  if (fault === 'partly processed')
    return { status: 200, headers: DYNAMO_HEADERS, body: JSON.stringify(unprocessed(body)) };
  return dynamodb(500, 'InternalServerError', {});
}

const DYNAMO_HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

function dynamodb(status: number, name: string, more: object): Refusal {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'injected', ...more };
  return { status, headers: DYNAMO_HEADERS, body: JSON.stringify(body) };
}

function dataApi(status: number, name: string): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': name },
    body: '{"message":"injected"}',
  };
}

function s3(fault: ServiceFault): Refusal {
  const [status, code] = fault === 'throttled' ? [503, 'SlowDown'] : [500, 'InternalError'];
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<Error><Code>${code}</Code><Message>injected</Message></Error>`,
  };
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
      Error: { Code: 'ProvisionedThroughputExceeded', Message: 'injected' },
    })),
  };
}

function listOf(request: unknown, name: string): readonly unknown[] {
  const value =
    typeof request === 'object' && request !== null ? Object.entries(request).find(([key]) => key === name)?.[1] : [];
  return Array.isArray(value) ? value : [];
}
