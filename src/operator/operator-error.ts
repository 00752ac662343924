/** What stops a command: one line with the remedy. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
