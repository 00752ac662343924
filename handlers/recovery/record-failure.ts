import { z } from 'zod';
import { innermost, rethrown } from '../../src/domain/progress/failure.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({
  machine: z.string(),
  run: z.string(),
  failure: z.object({ Error: z.string().optional(), Cause: z.string().optional() }).loose(),
});

/**
 * Ends a failed machine with an error that keeps the cause, and lets it continue after a redrive: a
 * redrive would only enter a Fail state again. The record distinguishes the first entry from the
 * second.
 */
export const handler = makeHandler({
  uses: ['control'],
  writes: ['FAILURE'],
  removes: ['FAILURE'],
  event,
  run: async ({ machine, run, failure }, { control }) => {
    const id = `${machine}#${run}`;
    if ((await control.read('FAILURE', id)) !== null) {
      await control.remove('FAILURE', id);
      return { again: true };
    }
    await control.write('FAILURE', id, failure, 'any');
    throw rethrown(innermost({ error: failure.Error ?? '', cause: failure.Cause ?? '' }));
  },
});
