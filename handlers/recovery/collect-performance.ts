import { collectPerformance } from '../../src/domain/recovery/performance.ts';
import { metricReader } from '../wiring/aws.ts';
import { plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Collects latency and errors of both stores over the last hour, with proposals. */
export const handler = makeHandler({
  uses: { metricReader, plan },
  event: lockClaim,
  run: async ({ now }, { metricReader, plan }) => collectPerformance(metricReader, plan, new Date(now)),
});
