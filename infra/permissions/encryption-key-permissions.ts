import type { Configuration } from '../configuration.ts';
import type { Grant } from '../grant.ts';

/** Calls to DynamoDB that touch no item, and so need no key. */
const WITHOUT_ITEMS = new Set(['dynamodb:DescribeTimeToLive', 'dynamodb:UpdateTimeToLive']);

/**
 * The grants of a role, and what they need of the key that encrypts tables and bucket, where one is configured. S3 and DynamoDB call KMS in
 * the caller's name: S3 to decrypt what is read and to encrypt what is written, DynamoDB to decrypt the table's own key, for every item read
 * or written.
 */
export function withKeyGrants({ encryptionKeyArn, region }: Configuration, grants: readonly Grant[]): readonly Grant[] {
  if (encryptionKeyArn === undefined) return grants;
  const called = new Set(grants.flatMap(({ actions }) => actions));
  const touchesItems = [...called].some((action) => action.startsWith('dynamodb:') && !WITHOUT_ITEMS.has(action));
  const via = (service: string, actions: readonly string[]): readonly Grant[] =>
    actions.length === 0
      ? []
      : [
          {
            actions,
            resources: [encryptionKeyArn],
            conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
          },
        ];
  return [
    ...grants,
    ...via('s3', [
      ...(called.has('s3:GetObject') ? ['kms:Decrypt'] : []),
      ...(called.has('s3:PutObject') ? ['kms:GenerateDataKey'] : []),
    ]),
    ...via('dynamodb', touchesItems ? ['kms:Decrypt'] : []),
  ];
}
