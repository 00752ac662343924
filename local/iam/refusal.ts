import { randomUUID } from 'node:crypto';
import type { Call } from './call.ts';
import type { Principal } from './principals.ts';

/** Protocols in which services answer. */
export type Protocol = 'json' | 'query' | 'rest-json' | 's3';

/** A request that is refused, as the service words it. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The sentence in which AWS refuses a call. */
export function denialOf({ arn }: Principal, { action, resource }: Call, explicit: boolean): string {
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const because = explicit
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`;
  return `User: ${arn} is not authorized to perform: ${action}${on} ${because}`;
}

/** A call that the caller's policies do not allow. */
export function denied(protocol: Protocol, service: string, message: string): Refusal {
  switch (protocol) {
    case 'json':
      return json(400, 'com.amazon.coral.service#AccessDeniedException', message);
    case 'rest-json':
      return restJson(403, 'AccessDeniedException', message);
    case 'query':
      return query(403, service === 'SNS' ? 'AuthorizationError' : 'AccessDenied', message);
    case 's3':
      return s3('AccessDenied', message);
  }
}

/** A request that nobody known has signed. */
export function unknownCaller(protocol: Protocol): Refusal {
  const message = 'The security token included in the request is invalid.';
  switch (protocol) {
    case 'json':
      return json(400, 'com.amazon.coral.service#UnrecognizedClientException', message);
    case 'rest-json':
      return restJson(403, 'UnrecognizedClientException', message);
    case 'query':
      return query(403, 'InvalidClientTokenId', message);
    case 's3':
      return s3('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  }
}

function json(status: number, type: string, message: string): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify({ __type: type, Message: message, message }),
  };
}

function restJson(status: number, type: string, message: string): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type, 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify({ Message: message, message }),
  };
}

function query(status: number, code: string, message: string): Refusal {
  const id = randomUUID();
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': id },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`,
  };
}

function s3(code: string, message: string): Refusal {
  return {
    status: 403,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
