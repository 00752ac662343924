import S3Object from 's3rver/lib/models/object.js';
import type { Middleware } from 's3rver';

/** SHA-256 of an object that was put with it, in base64. */
export const CHECKSUM = 'x-amz-checksum-sha256';

// The emulator keeps no other headers of a put.
if (!S3Object.ALLOWED_METADATA.includes(CHECKSUM)) S3Object.ALLOWED_METADATA.push(CHECKSUM);

/** Answers for objects as S3 does: how they are encrypted, and their checksum to whom asks for it. `keys` has the keys of KMS by bucket. */
export function objectHeaders(keys: Readonly<Record<string, string>>): Middleware {
  return async (context, next) => {
    await next();
    const [, bucket = '', object = ''] = /^\/([^/]+)\/(.+)$/.exec(context.path) ?? [];
    if (object === '' || context.status >= 300) return;
    const key = keys[bucket];
    context.set('x-amz-server-side-encryption', key === undefined ? 'AES256' : 'aws:kms');
    if (key !== undefined) {
      context.set('x-amz-server-side-encryption-aws-kms-key-id', key);
      context.set('x-amz-server-side-encryption-bucket-key-enabled', 'true');
    }
    const checksum = context.get(CHECKSUM) || context.response.get(CHECKSUM);
    const isAsked = context.method === 'PUT' || context.get('x-amz-checksum-mode') === 'ENABLED';
    if (checksum === '' || !isAsked) {
      context.remove(CHECKSUM);
      return;
    }
    context.set(CHECKSUM, checksum);
    context.set('x-amz-checksum-type', 'FULL_OBJECT');
  };
}
