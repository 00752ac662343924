import * as z from 'zod';
import { assertImported, importChanged, importMark, importUntil, markImport } from '../../src/domain/auth/import.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { userCreation } from '../wiring/aws.ts';
import { control, time } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { legacyUsers } from '../wiring/source.ts';

/** Users created concurrently, within Cognito's limit per second; and users that are read at a time. */
const WIDTH = 10;
const PER_STEP = 1000;
const schema = lockClaim.extend({
  after: z.string().nullable(),
  created: z.number().default(0),
  present: z.number().default(0),
  refused: z.number().default(0),
  /**
   * Only users who changed since the import began: there is no time for all of them while writes
   * are refused.
   */
  late: z.boolean().default(false),
});

/**
 * Creates the next users who never signed in, without an e-mail (RACE-50); called until none is left. Fails at the end with
 * UsersRefused where the pool did not take everybody.
 */
export const handler = makeHandler({
  uses: { control, legacyUsers, userCreation, time },
  writes: ['LOCK', 'AUTH', 'USER_REFUSED'],
  removes: ['USER_REFUSED'],
  event: schema,
  run: async (event, { control, userCreation, legacyUsers, time }) => {
    const pause = budgetOf('import-remaining-users', time);
    await holdLock(control, event);
    if (legacyUsers === null) return { created: 0, present: 0, refused: 0, after: null, done: true };
    const { late, after } = event;
    if (!late && after === null) await markImport(control, await legacyUsers.mark());
    const importing = { users: legacyUsers, pool: userCreation, control };
    const changed =
      late && after === null ? await importChanged(importing, { mark: await importMark(control), width: WIDTH }) : null;
    const step = changed ?? (await importUntil(importing, { after, limit: PER_STEP, width: WIDTH }, pause));
    if (step.after === null) await assertImported(control);
    return {
      created: event.created + step.created,
      present: event.present + step.present,
      refused: event.refused + step.refused,
      after: step.after,
      done: step.after === null,
    };
  },
});
