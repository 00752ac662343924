import { collectPerformance } from '../../src/domain/recovery/performance.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Latency and errors of both stores over the last hour, with what could be done about them. */
export const handler = makeHandler({
  uses: ['metricReader', 'plan'],
  event: lockClaim,
  run: async ({ now }, { metricReader, plan }) => collectPerformance(metricReader, plan, new Date(now)),
});
