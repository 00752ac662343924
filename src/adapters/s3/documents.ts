import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Documents } from '../../domain/ports/bodies.ts';
import { translated } from '../sdk/translated.ts';
import { nullIfMissing } from './missing.ts';

/** Stores evidence and reports in the same bucket. */
export function createDocuments({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): Documents {
  return {
    write: async (key, body) => {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      await translated('S3', 'PutObject', () =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentLength: bytes.byteLength })),
      );
    },
    read: (key) =>
      nullIfMissing('GetObject', async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return Body === undefined ? null : await Body.transformToByteArray();
      }),
  };
}
