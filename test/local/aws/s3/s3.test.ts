import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import type { Part } from '../../../../local/process/part.ts';
import { startS3 } from '../../../../local/aws/s3/s3.ts';

let root: string;
let s3: Part;
let client: S3Client;
const Bucket = 'portage-bodies';
const ENCRYPTED = 'portage-encrypted';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/k';

async function start(): Promise<void> {
  s3 = await startS3({ directory: join(root, 's3'), buckets: [Bucket, ENCRYPTED], keys: { [ENCRYPTED]: KEY } });
  client = new S3Client({
    endpoint: s3.endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-s3-'));
  await start();
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  rmSync(root, { recursive: true, force: true });
});

test('a body of any size and script comes back as it was put, also after a restart', async () => {
  const bodies = ['', 'x', 'Grüße, 東京, 🎲\n'.repeat(40_000)];
  for (const [index, Body] of bodies.entries()) {
    const Key = `bodies/a${index}/a${index}`;
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentLength: Buffer.byteLength(Body),
        ContentType: 'text/plain; charset=utf-8',
      }),
    );
    const { Body: found, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await found?.transformToString('utf8')).toBe(Body);
    expect(ContentType).toBe('text/plain; charset=utf-8');
  }
  client.destroy();
  await s3.stop();
  await start();
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'bodies/a2/a2' }));
  expect(await Body?.transformToString('utf8')).toBe(bodies[2]);
});

test('a list gives keys in order with their sizes, page by page', async () => {
  const keys = Array.from({ length: 25 }, (_, index) => `list/${String(index % 5)}/${String(index).padStart(2, '0')}`);
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'abc' }))));
  const found: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: 'list/',
        MaxKeys: 10,
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
      }),
    );
    for (const { Key, Size } of page.Contents ?? []) found.push(`${Key} ${Size}`);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(found).toEqual(keys.sort().map((key) => `${key} 3`));
});

test('a missing key is reported as S3 does, also once it was deleted', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: 'x' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'gone' }))).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'gone' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 404 },
  });
});

test('readers of a body that is being replaced see one of its versions whole', async () => {
  const versions = ['a', 'b'].map((letter) => letter.repeat(600_000));
  const Key = 'replaced';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: versions[0] ?? '' }));
  const write = async (): Promise<void> => {
    for (let round = 0; round < 10; round++)
      await client.send(new PutObjectCommand({ Bucket, Key, Body: versions[round % 2] ?? '' }));
  };
  const read = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      expect(versions).toContain(await Body?.transformToString());
    }
  };
  await Promise.all([write(), read()]);
});

const Body = 'Grüße';
const sha256 = createHash('sha256').update(Body).digest('base64');
const md5 = createHash('md5').update(Body).digest('hex');

/** The ETag without its quotes. */
async function etagOf(bucket: string): Promise<string> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'etag' }));
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'etag' }));
  expect(Contents.map(({ ETag }) => ETag)).toEqual([head.ETag]);
  return (head.ETag ?? '').replaceAll('"', '');
}

test('an ETag is the MD5, but under a key of KMS 32 digits that change with every put, and not with a restart', async () => {
  const put = async (bucket: string): Promise<string> => {
    const { ETag } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'etag', Body }));
    const etag = await etagOf(bucket);
    expect(ETag).toBe(`"${etag}"`);
    return etag;
  };
  expect(await put(Bucket)).toBe(md5);
  const first = await put(ENCRYPTED);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  const second = await put(ENCRYPTED);
  expect(new Set([md5, first, second]).size).toBe(3);
  client.destroy();
  await s3.stop();
  await start();
  expect(await etagOf(ENCRYPTED)).toBe(second);
});

test('an object says how it is encrypted', async () => {
  for (const [bucket, expected] of [
    [Bucket, { ServerSideEncryption: 'AES256' }],
    [ENCRYPTED, { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY, BucketKeyEnabled: true }],
  ] as const) {
    const object = { Bucket: bucket, Key: 'kept' };
    expect(await client.send(new PutObjectCommand({ ...object, Body }))).toMatchObject(expected);
    expect(await client.send(new HeadObjectCommand(object))).toMatchObject(expected);
    const { Body: found, ...said } = await client.send(new GetObjectCommand(object));
    expect(said).toMatchObject(expected);
    expect(await found?.transformToString()).toBe(Body);
  }
});

test('the SHA-256 that a put names is checked, kept until the next put, and told to whom asks for it', async () => {
  const object = { Bucket, Key: 'checked' };
  const asked = () => client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
  await client.send(new PutObjectCommand({ ...object, Body, ChecksumSHA256: sha256 }));
  const wrong = client.send(new PutObjectCommand({ ...object, Body: 'other', ChecksumSHA256: sha256 }));
  await expect(wrong).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
  expect(await asked()).toMatchObject({ ChecksumSHA256: sha256, ChecksumType: 'FULL_OBJECT' });
  expect((await client.send(new HeadObjectCommand(object))).ChecksumSHA256).toBeUndefined();
  await client.send(new PutObjectCommand({ ...object, Body }));
  expect((await asked()).ChecksumSHA256).toBeUndefined();
});
