import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';

const client = new CloudWatchClient({});

/** For tests of the stack: a scheduled function that leaves a trace. */
export const handler = async (): Promise<null> => {
  await client.send(new PutMetricDataCommand({ Namespace: 'Test', MetricData: [{ MetricName: 'Beats', Value: 1 }] }));
  return null;
};
