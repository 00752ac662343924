import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Bodies } from '../../domain/ports/bodies.ts';
import { bodyKey, hashOfBodyKey } from '../../domain/mapping/items/body-key.ts';
import { translated } from '../sdk/translated.ts';
import { nullIfMissing } from './missing.ts';

const PREFIX = 'bodies/';

/** An ETag of an object that was put whole under S3's own keys. Under a key of KMS it has this form and is no MD5. */
const MD5 = /^[0-9a-f]{32}$/;

/** How S3 encrypts what is put into a bucket, in its own words. */
export type BucketEncryption = 'AES256' | 'aws:kms';

export interface BodiesOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** `AES256` unless given: ETags are taken for MD5s, and a comparison with one that is none merely proves nothing. */
  readonly encryption?: BucketEncryption;
}

/**
 * Large values in a bucket, keyed by the hash of their content: the object at a key never changes,
 * so a put may be repeated. S3 checks the hash of what it stores, and keeps it.
 */
export function createBodies({ client, bucket, encryption = 'AES256' }: BodiesOptions): Bodies {
  return {
    put: async (body, ref) => {
      await translated('S3', 'PutObject', () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: bodyKey(ref.sha256),
            Body: body,
            ContentLength: body.byteLength,
            ChecksumSHA256: Buffer.from(ref.sha256, 'hex').toString('base64'),
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
        const head = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: bodyKey(sha256), ChecksumMode: 'ENABLED' }),
        );
        return { bytes: head.ContentLength ?? 0, etag: unquoted(head.ETag), sha256: checksumOf(head) };
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
        if (sha256 === null || Size === undefined) return [];
        const etag = unquoted(ETag);
        return [{ sha256, bytes: Size, etag, isMd5: encryption === 'AES256' && MD5.test(etag) }];
      });
      return { bodies, next: page.NextContinuationToken ?? null };
    },
  };
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** The checksum of the whole object: that of an upload in parts is one of their checksums. */
function checksumOf({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput): string | null {
  if (ChecksumSHA256 === undefined || ChecksumType === 'COMPOSITE') return null;
  return Buffer.from(ChecksumSHA256, 'base64').toString('hex');
}

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('an S3 body stream returned a chunk that is not bytes');
}
