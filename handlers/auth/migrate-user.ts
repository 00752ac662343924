import * as z from 'zod/mini';
import { migrateOnForgotPassword, migrateOnSignIn } from '../../src/domain/auth/migrate.ts';
import { recordProof } from '../../src/domain/auth/trigger-proof.ts';
import { connect } from '../wiring/connect.ts';
import { type InvocationContext, logInvocation } from '../wiring/log.ts';
import { namesOf } from '../wiring/port.ts';
import { signInRecords, signInUsers } from '../wiring/sign-in.ts';

const event = z.looseObject({
  triggerSource: z.enum(['UserMigration_Authentication', 'UserMigration_ForgotPassword']),
  userName: z.string(),
  request: z.looseObject({ password: z.nullish(z.string()) }),
});

const USES = { signInUsers, signInRecords };
const ports = connect().ports(USES);

/**
 * Cognito's user migration trigger. It has five seconds and three attempts, so it does little and
 * creates nothing itself. Its event holds a password and is never logged. An unknown user and a
 * wrong password get the same answer.
 */
async function migrateUser(input: unknown): Promise<unknown> {
  const { triggerSource, userName, request } = event.parse(input);
  const { users, hashing } = ports.signInUsers;
  const signsIn = triggerSource === 'UserMigration_Authentication';
  const user = signsIn
    ? await migrateOnSignIn(users, hashing, userName, request.password ?? '')
    : await migrateOnForgotPassword(users, userName);
  if (user === null) throw new Error('Bad user name or password');
  // A failure to write the counter must not reject a user whose password was right.
  if (signsIn) await recordProof(ports.signInRecords, userName).catch(() => null);
  return {
    ...event.parse(input),
    response: {
      userAttributes: user.attributes,
      ...(signsIn ? { finalUserStatus: 'CONFIRMED' } : {}),
      messageAction: 'SUPPRESS',
    },
  };
}

let coldStart = true;

/** Neither the event nor the result is logged. */
function logged(input: unknown, context?: InvocationContext): Promise<unknown> {
  const invocation = { context, coldStart, keys: {} };
  coldStart = false;
  return logInvocation(invocation, () => migrateUser(input));
}

export const handler = Object.assign(logged, { uses: [...namesOf(USES)] });
