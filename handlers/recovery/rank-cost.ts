import { rankCost } from '../../src/domain/recovery/cost.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Patterns by the capacity they consumed over the last hour, with what could be done about the first of them. */
export const handler = makeHandler({
  uses: ['metricReader', 'plan'],
  event: lockClaim,
  run: async ({ now }, { metricReader, plan }) => rankCost(metricReader, plan, new Date(now)),
});
