import { rankCost } from '../../src/domain/recovery/cost.ts';
import { metricReader } from '../wiring/aws.ts';
import { plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Ranks patterns by the capacity they consumed over the last hour, with proposals for the first of
 * them.
 */
export const handler = makeHandler({
  uses: { metricReader, plan },
  event: lockClaim,
  run: async ({ now }, { metricReader, plan }) => rankCost(metricReader, plan, new Date(now)),
});
