import { translate } from '../sdk/translated.ts';

/** S3 says NotFound to a HEAD and NoSuchKey to a GET. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');
}

/** Makes a call for an object; null where it is missing. */
export async function nullIfMissing<T>(operation: string, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (isMissing(error)) return null;
    throw translate(error, 'S3', operation);
  }
}
