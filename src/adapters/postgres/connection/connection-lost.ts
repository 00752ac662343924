/** An error's code is that of a connection that could not be made or did not last. */
export function connectionLost(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && LOST.has(String(error.code));
}

const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
