/** One metric of a service, as PutMetricData takes it. */
export interface ServiceDatum {
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  /** At most 150. */
  readonly Values: readonly number[];
}

/** Sends metrics of a service's own. A failure loses them: metrics must not fail what they measure. */
export async function sendMetrics(
  endpoint: string,
  namespace: string,
  MetricData: readonly ServiceDatum[],
): Promise<void> {
  await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
    },
    body: JSON.stringify({ Namespace: namespace, MetricData }),
  }).catch(() => undefined);
}
