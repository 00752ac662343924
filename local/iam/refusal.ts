import { type Answer, jsonAnswer, queryAnswer, restJsonAnswer, s3Answer } from '../aws/answer.ts';
import type { Call } from './call.ts';
import type { Principal } from './principals.ts';

/** Protocols in which services answer. */
export type Protocol = 'json' | 'query' | 'rest-json' | 's3';

/** The sentence in which AWS refuses a call. */
export function denialOf({ arn }: Principal, { action, resource }: Call, explicit: boolean): string {
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const because = explicit
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`;
  return `User: ${arn} is not authorized to perform: ${action}${on} ${because}`;
}

/** A call that the caller's policies do not allow. */
export function denied(protocol: Protocol, service: string, message: string): Answer {
  switch (protocol) {
    case 'json':
      return jsonAnswer(400, 'com.amazon.coral.service#AccessDeniedException', message);
    case 'rest-json':
      return restJsonAnswer(403, 'AccessDeniedException', message);
    case 'query':
      return queryAnswer(403, service === 'SNS' ? 'AuthorizationError' : 'AccessDenied', message);
    case 's3':
      return s3Answer(403, 'AccessDenied', message);
  }
}

/** A request that nobody known has signed. */
export function unknownCaller(protocol: Protocol): Answer {
  const message = 'The security token included in the request is invalid.';
  switch (protocol) {
    case 'json':
      return jsonAnswer(400, 'com.amazon.coral.service#UnrecognizedClientException', message);
    case 'rest-json':
      return restJsonAnswer(403, 'UnrecognizedClientException', message);
    case 'query':
      return queryAnswer(403, 'InvalidClientTokenId', message);
    case 's3':
      return s3Answer(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  }
}
