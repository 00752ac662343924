/** Remedies for what AWS and the network say, by the error's name or code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is `portage up` running, and does AWS_ENDPOINT_URL_<SERVICE> name its endpoints?',
  ENOTFOUND: 'name the right AWS_REGION, or the endpoints that `portage up` prints',
  CredentialsProviderError: 'sign in to AWS, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ExpiredTokenException: 'sign in to AWS again',
  AccessDeniedException: 'this identity lacks the permission; use one that may operate the migration',
  ResourceNotFoundException: 'does PORTAGE_CONTROL_TABLE name the control table of this region?',
};

/** An error as one line, with a remedy where one is known. */
export function formatError(error: unknown): string {
  // Node tells of a refused connection to several addresses by an error without a message.
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  if (!(first instanceof Error)) return String(first);
  // The SDK wraps what a socket says into a message, without its code.
  const text = first.message.replace(/^AWS SDK error wrapper for Error: /, '');
  const code = 'code' in first ? String(first.code) : (/\b(ECONNREFUSED|ENOTFOUND)\b/.exec(text)?.[0] ?? '');
  const remedy = REMEDIES[code] ?? REMEDIES[first.name];
  const message = (text || code || first.name).replaceAll(/\s*\n\s*/g, ' ');
  return remedy === undefined ? message : `${message}: ${remedy}`;
}
