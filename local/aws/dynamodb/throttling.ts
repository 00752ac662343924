import type { ServiceDatum } from '../cloudwatch/send-metrics.ts';

/** Why DynamoDB throttles a call: `<Table|Index><Read|Write><limit>Exceeded`, and the ARN of the table or index (API_ThrottlingReason). */
export interface ThrottlingReason {
  readonly reason: string;
  readonly resource: string;
}

/** The limits that a table on demand meets, as reasons and metrics name them. */
export type Limit = 'AccountLimit' | 'KeyRangeThroughput';

const WRITES = /^dynamodb:(?:Put|Update|Delete|BatchWrite|PartiQL(?:Insert|Update|Delete))/;

/** The reason for which a call is throttled. A write may be throttled by an index that it changes. */
export function throttlingReason(
  call: { readonly action: string; readonly resource: string },
  limit: Limit,
  index?: string,
): ThrottlingReason {
  const resource = index === undefined ? call.resource : `${call.resource.replace(/\/index\/.*$/, '')}/index/${index}`;
  const place = resource.includes('/index/') ? 'Index' : 'Table';
  return { reason: `${place}${WRITES.test(call.action) ? 'Write' : 'Read'}${limit}Exceeded`, resource };
}

/** What DynamoDB measures of a throttled call: that it was throttled, and by which limit. */
export function throttleMetrics({ reason, resource }: ThrottlingReason): readonly ServiceDatum[] {
  const [, table = '', index] = /:table\/([^/]+)(?:\/index\/(.+))?$/.exec(resource) ?? [];
  const [, operation = '', limit = ''] = /^(?:Table|Index)(Read|Write)(\w+)Exceeded$/.exec(reason) ?? [];
  const Dimensions = [
    { Name: 'TableName', Value: table },
    ...(index === undefined ? [] : [{ Name: 'GlobalSecondaryIndexName', Value: index }]),
  ];
  return [`${operation}ThrottleEvents`, `${operation}${limit}ThrottleEvents`].map((MetricName) => ({
    MetricName,
    Dimensions,
    Values: [1],
  }));
}
