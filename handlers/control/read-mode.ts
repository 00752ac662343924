import { z } from 'zod';
import { makeHandler } from '../wiring/make-handler.ts';

/** Where the migration stands. */
export const handler = makeHandler(z.object({}), (_event, { control }) => control.mode());
