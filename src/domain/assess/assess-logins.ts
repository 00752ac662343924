import type { Severity } from '../plan-check/rules/finding.ts';
import type { Plan } from '../plan/plan.ts';
import { hasScheme } from '../auth/password-hash.ts';
import { SIGN_IN_LOGIN, signInLoginStatements } from '../auth/sign-in-login.ts';
import { amount } from './amount.ts';
import type { Facts, SourceFacts } from './facts.ts';
import type { Assessment, AssessmentFinding } from './finding.ts';

const KEEP = 'decommission.keepLogins';

/** Reports logins that the grace days of the decommission lock out, and those that cannot be locked out. */
export function assessLogins(plan: Plan, { logins, signInLogin }: SourceFacts): readonly AssessmentFinding[] {
  const { keepLogins } = plan.decommission;
  const others = logins.filter(({ role }) => !keepLogins.includes(role));
  const unknown = keepLogins.filter((kept) => !logins.some(({ role }) => role === kept));
  const writers = others.filter(({ writes }) => writes).map(({ role }) => role);
  return [
    ...(plan.auth === undefined || signInLogin
      ? []
      : [
          finding(
            'auth',
            'sign-in-login-missing',
            'informs',
            `there is no login ${SIGN_IN_LOGIN}, by which the sign-in trigger reads users`,
            `Before the deployment: ${signInLoginStatements(plan).join('; ')}; store it in a secret and name that as signInSecretArn in infra/cdk.json`,
          ),
        ]),
    ...unknown.map((role) =>
      finding(
        KEEP,
        'login-unknown',
        'blocks',
        `${role} is no login that the decommission could lock out`,
        `Correct the name or remove it; Portage's own login and the service's are kept anyway`,
      ),
    ),
    ...others
      .filter(({ lacks }) => lacks.length > 0)
      .map(({ role, lacks }) =>
        finding(
          KEEP,
          'login-not-alterable',
          'blocks',
          `this login lacks the right of ${lacks.join(' and ')} for ${role}, which the decommission locks out`,
          `Grant it (CREATEROLE, from PostgreSQL 16 on with GRANT "${role}" TO this login WITH ADMIN OPTION; pg_signal_backend for sessions), drop the role, or name it in keepLogins`,
        ),
      ),
    ...(writers.length === 0
      ? []
      : [
          finding(
            KEEP,
            'login-locked-out',
            'warns',
            `${writers.join(', ')} may write, and will be locked out for the ${plan.decommission.graceDays} grace days of the decommission`,
            'Name in keepLogins the logins that the application uses: its dual writes go on during that time',
          ),
        ]),
  ];
}

function finding(
  path: string,
  name: Assessment,
  severity: Severity,
  evidence: string,
  remedy: string,
): AssessmentFinding {
  return { name, severity, entity: null, path, evidence, remedy };
}

/** Reports password hashes that no sign-in can check, and a cost other than that of most users, by which unknown users can be told. */
export function assessHashes({ auth }: Plan, hashes: Facts['hashes']): readonly AssessmentFinding[] {
  if (auth === undefined) return [];
  const refused = hashes.filter(({ cost }) => !hasScheme(cost, auth.scheme)).reduce((sum, { users }) => sum + users, 0);
  const [most] = hashes.filter(({ cost }) => hasScheme(cost, auth.scheme));
  return [
    ...(refused === 0
      ? []
      : [
          finding(
            'auth.scheme',
            'hash-unknown',
            'warns',
            `${amount(refused, 'user')} of ${auth.from} have a hash that is not of the scheme ${auth.scheme}`,
            'They reset their password at the first sign-in; correct the scheme if they should not have to',
          ),
        ]),
    ...(most === undefined || most.cost === auth.cost
      ? []
      : [
          finding(
            'auth.cost',
            'hash-cost',
            'warns',
            `${amount(most.users, 'user')} of ${auth.from} have hashes that begin with ${most.cost}; the plan has ${auth.cost ?? 'no cost'}`,
            `Set auth.cost to "${most.cost}": otherwise the time of a refused sign-in tells whether the user exists`,
          ),
        ]),
  ];
}
