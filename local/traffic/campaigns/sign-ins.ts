import { setTimeout as sleep } from 'node:timers/promises';

import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';

import type { OperationContext } from './operation-context.ts';

/** Signs users in at the user pool; `null` means no sign-ins. */
export interface SignIns {
  signIn(context: OperationContext): Promise<void>;
}

/** Every fourth user moves to another e-mail address in this traffic; the others sign in. */
const ADDRESS_CHANGE_EVERY = 4;

/**
 * AWS returns the first for a wrong password and for an unknown user alike; the local pool has its
 * own names for both.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  'NotAuthorizedException',
  'InvalidPasswordException',
  'UserNotFoundException',
]);

/**
 * Sign-ins with the password that the legacy hash was made of: the first one of each user goes through the migration
 * trigger. One in eight types a wrong password, which has to be refused, migrated or not.
 */
export function createSignIns(clientId: string, known: Iterable<number>): SignIns {
  const cognito = new CognitoIdentityProviderClient({});
  const migrated = new Set(known);
  const attempt = async (username: string, password: string): Promise<boolean> => {
    try {
      const answer = await cognito.send(
        new InitiateAuthCommand({
          AuthFlow: 'USER_PASSWORD_AUTH',
          ClientId: clientId,
          AuthParameters: { USERNAME: username, PASSWORD: password },
        }),
      );
      return answer.AuthenticationResult?.AccessToken !== undefined;
    } catch (error) {
      if (error instanceof Error && REFUSALS.has(error.name)) return false;
      throw error;
    }
  };
  return {
    async signIn(context) {
      const { campaignRows, random, trafficMetrics, ledger } = context;
      const user = pickUser(context, migrated);
      if (user === null) return;
      const wrong = random.chance(0.125);
      const password = campaignRows.rows.password(user);
      const start = performance.now();
      try {
        const { email } = campaignRows.rows.user(user);
        if (wrong) {
          trafficMetrics.wrongPassword(!(await attempt(email, `${password}?`)));
        } else if (await signInWithRetry(context, () => attempt(email, password))) {
          trafficMetrics.ok('sign-in', performance.now() - start);
          if (!migrated.has(user)) ledger.signedIn(user);
          migrated.add(user);
        } else {
          trafficMetrics.failed('sign-in', new Error('the right password was refused, three times over'));
        }
      } catch (error) {
        trafficMetrics.failed('sign-in', error);
      }
    },
  };
}

/**
 * A user who is sure of the password retries: a trigger that timed out looks like a wrong password.
 */
async function signInWithRetry(
  { trafficMetrics }: OperationContext,
  attempt: () => Promise<boolean>,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    if (await attempt()) return true;
    if (tries === 3) return false;
    trafficMetrics.retried();
    await sleep(500 * tries);
  }
}

/**
 * Before PostgreSQL goes, users who never came are created in the pool with a password that nobody knows, and have to reset
 * it: from the last stage of reads on, only those who have moved sign in here.
 */
function pickUser({ campaignRows, random, mode }: OperationContext, migrated: ReadonlySet<number>): number | null {
  if (mode()?.readPercent === 100) {
    return [...migrated][random.between(0, Math.max(0, migrated.size - 1))] ?? null;
  }
  const user = random.between(0, campaignRows.size.users - 1);
  return user % ADDRESS_CHANGE_EVERY === ADDRESS_CHANGE_EVERY - 1 ? user - 1 : user;
}

/** Whether this user's address stays the same in this traffic. */
export function keepsAddress(user: number): boolean {
  return user % ADDRESS_CHANGE_EVERY !== ADDRESS_CHANGE_EVERY - 1;
}
