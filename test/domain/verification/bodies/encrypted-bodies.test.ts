import { createHash } from 'node:crypto';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { BUCKET } from '../../../../local/engines/connection-info.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { createBodies } from '../../../../src/adapters/s3/bodies.ts';
import { bodyKey } from '../../../../src/domain/mapping/items/body-key.ts';
import { campaign, session, user } from '../../../client/rows.ts';
import type { Fixture } from '../../../client/fixture.ts';
import { overwriteBody } from '../../../client/overwrite-body.ts';
import { createVerifier, useVerifier, type Verifier } from '../fixture.ts';

const COUNT = 6;

let fixture: Fixture;
let verifier: Verifier;
let run: string;
useVerifier((started) => ({ fixture, verifier, run } = started), {
  bucketKey: 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000001',
});

let s3: S3Client | undefined;
/** Rows with their bodies: all texts have the same length, and no other test's. */
let rows: readonly { readonly id: string; readonly text: string; readonly sha256: string }[];
const calls = { hashed: 0, rechecked: 0, heads: 0, reads: 0 };

afterAll(() => s3?.destroy());

beforeEach(async () => {
  const client = await fixture.client();
  const owner = user();
  const quest = campaign(owner.id);
  await client.put('USER', owner);
  await client.put('CAMPAIGN', quest);
  rows = Array.from({ length: COUNT }, (_, at) => {
    const text = `${run} ${at} `.padEnd(12, '.').repeat(200);
    const { id } = session('', '');
    return { id, text, sha256: createHash('sha256').update(text).digest('hex') };
  });
  for (const { id, text } of rows) await client.put('SESSION', session(owner.id, quest.id, { id, transcript: text }));
  await client.close();
  reset();
});

/** S3 as another program reaches it. */
function objects(): S3Client {
  const { s3: endpoint } = fixture.facts;
  s3 ??= new S3Client({ region: 'us-east-1', credentials: CREDENTIALS, endpoint, forcePathStyle: true });
  return s3;
}

function reset(): void {
  Object.assign(calls, { hashed: 0, rechecked: 0, heads: 0, reads: 0 });
}

/** Counts the texts that the source hashes, the items that are read again, and the requests for bodies; `known` = the listing knows that KMS encrypts the bucket. */
function counting({ known = true }: { readonly known?: boolean } = {}): Verifier {
  const bodies = known ? fixture.bodies : createBodies({ client: objects(), bucket: BUCKET });
  return createVerifier(
    { ...fixture, bodies },
    {
      limits: verifier.ports.limits,
      bodyMd5: async (entity, column, identities) => {
        calls.hashed += identities.length;
        return verifier.ports.bodyMd5(entity, column, identities);
      },
      table: {
        ...fixture.table,
        get: async (keys, options) => {
          calls.rechecked += keys.length;
          return fixture.table.get(keys, options);
        },
      },
      bodies: {
        head: async (sha256) => {
          calls.heads += 1;
          return bodies.head(sha256);
        },
        digest: async (sha256) => {
          calls.reads += 1;
          return bodies.digest(sha256);
        },
      },
    },
  );
}

test('under a key of KMS each intact body is proven once, by a request for its checksum, and none is read', async () => {
  const counted = counting();
  expect(await counted.verify(run)).toMatchObject({ clean: true });
  expect(calls).toEqual({ hashed: 0, rechecked: 0, heads: COUNT, reads: 0 });
  expect(await counted.verify(`${run} again`)).toMatchObject({ clean: true });
  expect(calls).toEqual({ hashed: 0, rechecked: 0, heads: COUNT, reads: 0 });
}, 60_000);

test('a listing that takes the ETags for MD5s finds no mismatch either, and no body is read', async () => {
  expect(await counting({ known: false }).verify(run)).toMatchObject({ clean: true, mismatches: 0 });
  expect(calls).toEqual({ hashed: COUNT, rechecked: 0, heads: COUNT, reads: 0 });
}, 60_000);

test('bodies that are damaged, swapped, truncated or gone are found, whoever wrote them', async () => {
  const counted = counting();
  expect(await counted.verify(run)).toMatchObject({ clean: true });
  const [intact, damaged, swapped, signed, truncated, gone] = rows;
  const hash = (row: typeof intact): string => row?.sha256 ?? '';
  const text = intact?.text ?? '';
  await overwriteBody(fixture, hash(damaged), text.replace('0', 'x'));
  await overwriteBody(fixture, hash(swapped), text);
  await overwriteBody(fixture, hash(signed), text, { checksum: true });
  await overwriteBody(fixture, hash(truncated), (truncated?.text ?? '').slice(0, -1), { checksum: true });
  await objects().send(new DeleteObjectCommand({ Bucket: BUCKET, Key: bodyKey(hash(gone)) }));
  expect(await counted.verify(`${run} damaged`)).toMatchObject({ clean: false, mismatches: COUNT - 1 });
  const found = rows.slice(1).map(({ id }) => `SESSION ${id} body`);
  expect(await counted.findings(`${run} damaged`)).toEqual(found.toSorted());
}, 60_000);

test('a body that was written without a checksum is read once, and again when it was written again', async () => {
  const [first] = rows;
  const { sha256, text } = first ?? { sha256: '', text: '' };
  await overwriteBody(fixture, sha256, text);
  const counted = counting();
  expect(await counted.verify(run)).toMatchObject({ clean: true });
  expect(calls.reads).toBe(1);
  reset();
  expect(await counted.verify(`${run} again`)).toMatchObject({ clean: true });
  expect(calls).toEqual({ hashed: 0, rechecked: 0, heads: 0, reads: 0 });
  await overwriteBody(fixture, sha256, text);
  expect(await counted.verify(`${run} written again`)).toMatchObject({ clean: true });
  expect(calls.reads).toBe(1);
}, 60_000);
