import * as z from 'zod';
import { failPart, failRun } from '../../src/domain/progress/record-failure.ts';
import { control } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({
  machine: z.string(),
  run: z.string(),
  /** The failure is that of one part of a distributed Map. */
  part: z.boolean().default(false),
  /** What else went wrong on the way, to follow the cause. */
  also: z.string().nullish(),
  startOver: z.object({ on: z.array(z.string()), left: z.int() }).optional(),
  failure: z
    .looseObject({ Error: z.string().optional(), Cause: z.string().optional() })
    .transform(({ Error: error = '', Cause: cause = '' }) => ({ error, cause })),
});

/** Ends a failed machine, or a failed part of its Map, with the original error; a redriven machine continues. */
export const handler = makeHandler({
  uses: { control },
  writes: ['FAILURE'],
  removes: ['FAILURE'],
  event,
  run: async ({ part, failure, also, startOver, ...failed }, { control }) =>
    part ? failPart(control, failed, failure) : failRun(control, failed, failure, { also: also ?? '', startOver }),
});
