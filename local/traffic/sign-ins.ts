import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';

import type { Scene } from './scene.ts';

/** Signs users in at the user pool; `null` takes part in no authentication. */
export interface SignIns {
  signIn(scene: Scene): Promise<void>;
}

/** Every fourth user moves to another e-mail address in this traffic; the others sign in. */
const MOVES = 4;

/** AWS says the first for a wrong password and for an unknown user alike; the local pool has names of its own for both. */
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
    async signIn(scene) {
      const { journal, random, meter, ledger } = scene;
      const user = pickUser(scene, migrated);
      if (user === null) return;
      const wrong = random.chance(0.125);
      const password = journal.rows.password(user);
      const start = performance.now();
      try {
        const accepted = await attempt(journal.rows.user(user).email, wrong ? `${password}?` : password);
        if (wrong) {
          meter.wrongPassword(!accepted);
        } else if (accepted) {
          meter.ok('sign-in', performance.now() - start);
          if (!migrated.has(user)) ledger.signedIn(user);
          migrated.add(user);
        } else {
          meter.failed('sign-in', new Error('the right password was refused'));
        }
      } catch (error) {
        meter.failed('sign-in', error);
      }
    },
  };
}

/** Once the legacy hashes are gone with PostgreSQL, only those who have moved can sign in. */
function pickUser({ journal, random, mode }: Scene, migrated: ReadonlySet<number>): number | null {
  const state = mode()?.mode;
  if (state === 'complete' || state === 'drained') {
    return [...migrated][random.between(0, Math.max(0, migrated.size - 1))] ?? null;
  }
  const user = random.between(0, journal.size.users - 1);
  return user % MOVES === MOVES - 1 ? user - 1 : user;
}

/** Whether this user's address stays the same in this traffic. */
export function keepsAddress(user: number): boolean {
  return user % MOVES !== MOVES - 1;
}
