/** S3 says NotFound to a HEAD and NoSuchKey to a GET. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');
}
