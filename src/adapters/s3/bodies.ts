import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Bodies } from '../../domain/ports/bodies.ts';
import { bodyKey, hashOfBodyKey } from '../../domain/mapping/items/body-key.ts';
import { translated } from '../sdk/translated.ts';
import { nullIfMissing } from './missing.ts';

const PREFIX = 'bodies/';

/**
 * Large values in a bucket, keyed by the hash of their content: the object at a key never changes,
 * so a put may be repeated.
 */
export function createBodies({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): Bodies {
  return {
    put: async (body, ref) => {
      await translated('S3', 'PutObject', () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: bodyKey(ref.sha256),
            Body: body,
            ContentLength: body.byteLength,
          }),
        ),
      );
    },
    get: (sha256) =>
      nullIfMissing('GetObject', async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return Body === undefined ? null : await Body.transformToByteArray();
      }),
    size: (sha256) =>
      nullIfMissing('HeadObject', async () => {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return head.ContentLength ?? null;
      }),
    head: (sha256) =>
      nullIfMissing('HeadObject', async () => {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return { bytes: head.ContentLength ?? 0, etag: unquoted(head.ETag) };
      }),
    digest: (sha256) =>
      nullIfMissing('GetObject', async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        const hash = createHash('sha256');
        // In Node the response body is a stream; reading it in pieces keeps memory constant.
        if (Body instanceof Readable) for await (const piece of Body) hash.update(bytesOf(piece));
        else if (Body !== undefined) hash.update(await Body.transformToByteArray());
        return hash.digest('hex');
      }),
    list: async (digit, after) => {
      const page = await translated('S3', 'ListObjectsV2', () =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: PREFIX + digit,
            ...(after === null ? {} : { ContinuationToken: after }),
          }),
        ),
      );
      const bodies = (page.Contents ?? []).flatMap(({ Key, Size, ETag }) => {
        const sha256 = Key === undefined ? null : hashOfBodyKey(Key);
        return sha256 === null || Size === undefined ? [] : [{ sha256, bytes: Size, etag: unquoted(ETag) }];
      });
      return { bodies, next: page.NextContinuationToken ?? null };
    },
  };
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('an S3 body stream returned a chunk that is not bytes');
}
