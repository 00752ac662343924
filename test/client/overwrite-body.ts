import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BUCKET } from '../../local/engines/connection-info.ts';
import { CREDENTIALS } from '../../local/process/credentials.ts';
import { bodyKey } from '../../src/domain/mapping/items/body-key.ts';
import type { Fixture } from './fixture.ts';

/** Writes content under a body's name as another program would: with the content's own SHA-256, or with none. */
export async function overwriteBody(
  { facts }: Fixture,
  sha256: string,
  content: string,
  { checksum = false }: { readonly checksum?: boolean } = {},
): Promise<void> {
  const client = new S3Client({
    region: 'us-east-1',
    credentials: CREDENTIALS,
    endpoint: facts.s3,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const own = createHash('sha256').update(content).digest('base64');
  await client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: bodyKey(sha256),
      Body: content,
      ...(checksum ? { ChecksumSHA256: own } : {}),
    }),
  );
  client.destroy();
}
