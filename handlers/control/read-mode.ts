import * as z from 'zod';
import { control } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Reads the mode and its epoch. */
export const handler = makeHandler({
  uses: { control },
  event: z.object({}),
  run: (_event, { control }) => control.mode(),
});
