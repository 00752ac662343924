import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Bodies } from '../../domain/ports/bodies.ts';
import type { BodyRef } from '../../domain/row.ts';
import { bodyKey } from '../../domain/mapping/body-key.ts';
import { isMissing } from './missing.ts';

const PREFIX = 'bodies/';

/** Large values in a bucket, each under the hash of its content: a key never changes its meaning, so a put may be repeated. */
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
    list: async (after) => {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: PREFIX,
          ...(after === null ? {} : { ContinuationToken: after }),
        }),
      );
      const bodies: BodyRef[] = (page.Contents ?? []).flatMap(({ Key, Size }) =>
        Key === undefined || Size === undefined ? [] : [{ sha256: Key.slice(Key.lastIndexOf('/') + 1), bytes: Size }],
      );
      return { bodies, next: page.NextContinuationToken ?? null };
    },
  };
}
