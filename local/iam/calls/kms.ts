import { REGION } from '../../aws/account.ts';
import { type Call, call } from '../call.ts';

/** ARN of the customer managed key that encrypts a topic, a table or a bucket; null where there is none. */
export type KeyOf = (resourceArn: string) => string | null;

/** What a service calls of KMS in the name of its caller; none without a key. */
export function onKey(
  service: 'dynamodb' | 's3' | 'sns',
  key: string | null,
  ...operations: readonly string[]
): readonly Call[] {
  if (key === null) return [];
  return operations.map((name) => call(`kms:${name}`, key, { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` }));
}
