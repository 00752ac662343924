import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LoadedLibrary } from './loaded-library.ts';

const KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000001';

let loaded: LoadedLibrary;

beforeAll(async () => {
  loaded = await LoadedLibrary.start({
    encryptionKeyArn: KEY,
    revoked: [
      { of: 'sweep', action: 'kms:Decrypt' },
      { of: 'relay', action: 'kms:GenerateDataKey' },
    ],
  });
}, 180_000);

afterAll(() => loaded?.stop(), 60_000);

test('with the grants of its roles a migration loads and verifies stores that a key of the customer encrypts', async () => {
  const items = await loaded.items();
  const object = (name: string) => ({ Bucket: loaded.bucket, Key: items.get(name)?.['reviewS3Key']?.S ?? '' });
  expect(await loaded.s3.send(new HeadObjectCommand(object('LOAN 76')))).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: KEY,
  });
  expect(await loaded.verify('clean')).toMatchObject({ clean: true, rowsCompared: 262, mismatches: 0, unverified: 0 });
  await loaded.s3.send(new PutObjectCommand({ ...object('LOAN 76'), Body: 'short review 76'.repeat(200) }));
  expect(await loaded.findings(await loaded.verify('damaged'))).toEqual([['LOAN 76', 'body']]);
}, 120_000);

test('without its grant on the key a function reads no item and writes no body, and the error names what is missing', async () => {
  await expect(loaded.stack.invoke('sweep', {})).rejects.toThrow(
    new RegExp(`assumed-role/[^ ]+/portage-sweep is not authorized to perform: kms:Decrypt on resource: ${KEY} `),
  );
  await loaded.source.query(`UPDATE loans SET review = repeat('another review ', 500) WHERE id = 92`);
  await expect(loaded.stack.invoke('relay', { seconds: 5 })).rejects.toThrow(
    new RegExp(`portage-relay is not authorized to perform: kms:GenerateDataKey on resource: ${KEY} `),
  );
}, 60_000);
