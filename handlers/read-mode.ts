import { z } from 'zod';
import { makeHandler } from './make-handler.ts';

/** Where the migration stands. */
export const handler = makeHandler(z.object({}), (_event, { control }) => control.mode());
