import { z } from 'zod';
import { makeHandler } from '../wiring/make-handler.ts';

/** Where the migration stands. */
export const handler = makeHandler({
  uses: ['control'],
  event: z.object({}),
  run: (_event, { control }) => control.mode(),
});
