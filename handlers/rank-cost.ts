import { rankCost } from '../src/domain/recovery/cost.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** Patterns by the capacity they consumed over the last hour, with what could be done about the first of them. */
export const handler = makeHandler(claim, async ({ now }, { metricReader, plan }) =>
  rankCost(metricReader, plan, new Date(now)),
);
