/** True when the error's code says that a connection could not be made or was lost. */
export function isConnectionLost(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && CONNECTION_CODES.has(String(error.code));
}

const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);
