import { collectPerformance } from '../src/domain/recovery/performance.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** Latency and errors of both stores over the last hour, with what could be done about them. */
export const handler = makeHandler(claim, async ({ now }, { metricReader, plan }) =>
  collectPerformance(metricReader, plan, new Date(now)),
);
