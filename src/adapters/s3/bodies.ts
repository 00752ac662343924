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
import { isMissing } from './missing.ts';

const PREFIX = 'bodies/';

/**
 * Large values in a bucket, keyed by the hash of their content: the object at a key never changes,
 * so a put may be repeated.
 */
export function createBodies({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): Bodies {
  return {
    put: async (body, ref) => {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: bodyKey(ref.sha256), Body: body, ContentLength: body.byteLength }),
      );
    },
    get: async (sha256) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return Body === undefined ? null : await Body.transformToByteArray();
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    size: async (sha256) => {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return head.ContentLength ?? null;
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    head: async (sha256) => {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        return { bytes: head.ContentLength ?? 0, etag: unquoted(head.ETag) };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    digest: async (sha256) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: bodyKey(sha256) }));
        const hash = createHash('sha256');
        // In Node the response body is a stream; reading it in pieces keeps memory constant.
        if (Body instanceof Readable) for await (const piece of Body) hash.update(bytesOf(piece));
        else if (Body !== undefined) hash.update(await Body.transformToByteArray());
        return hash.digest('hex');
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    list: async (digit, after) => {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: PREFIX + digit,
          ...(after === null ? {} : { ContinuationToken: after }),
        }),
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
