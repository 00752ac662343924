import { createLegacyUsers } from '../../src/adapters/legacy-users/legacy-users.ts';
import { ConfigurationMissing } from '../../src/domain/errors.ts';
import { controlTableOf, plan } from './control.ts';
import { type PortFactory, port } from './port.ts';
import type { SignInPorts } from './ports.ts';
import { sqlOf } from './source.ts';

/** Not `legacyUsers`, which loads the plan compiler: Cognito waits five seconds, including a cold start. */
export const signInUsers: PortFactory<SignInPorts['signInUsers']> = /* @__PURE__ */ port(
  { plan },
  ({ plan: { auth, source }, ...environment }) => {
    if (auth === undefined) throw new ConfigurationMissing({ key: 'auth in the plan' });
    const { value } = environment;
    const sql = sqlOf(environment, value('PORTAGE_CLUSTER_ARN'), value('PORTAGE_SIGN_IN_SECRET_ARN'));
    return { hashing: auth, users: createLegacyUsers(sql, source.schema, auth, noMapping) };
  },
);

export const signInRecords: PortFactory<SignInPorts['signInRecords']> = /* @__PURE__ */ port({}, controlTableOf);

function noMapping(): Promise<never> {
  return Promise.reject(new Error('a sign-in needs no mapping'));
}
