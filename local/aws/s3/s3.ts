import { mkdirSync } from 'node:fs';
import S3rver from 's3rver';
import accounts from 's3rver/lib/models/account.js';
import { CREDENTIALS } from '../../process/credentials.ts';
import type { Part } from '../../process/part.ts';
import { freePort, HOST } from '../../process/free-port.ts';
import { Etags } from './etags.ts';
import { listObjects } from './list-objects.ts';
import { objectHeaders } from './object-headers.ts';
import { ObjectStore } from './object-store.ts';

export interface S3Options {
  readonly directory: string;
  readonly buckets: readonly string[];
  /** ARNs of the keys of KMS that encrypt buckets, by the buckets' names. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly port?: number;
}

/**
 * Starts an S3 that keeps its objects as files. Clients address buckets by path and leave out the SDK's optional
 * checksums (AWS_REQUEST_CHECKSUM_CALCULATION=when_required); a SHA-256 that a put names is checked and kept. Nothing is encrypted: where a
 * bucket has a key, ETags and headers are what S3 would answer, of all its objects. It has no conditional puts and no versions.
 */
export async function startS3(options: S3Options): Promise<Part> {
  const port = await freePort(options.port, 'S3');
  mkdirSync(options.directory, { recursive: true });
  accounts.DUMMY_ACCOUNT.createKeyPair(CREDENTIALS.accessKeyId, CREDENTIALS.secretAccessKey);
  const keys = options.keys ?? {};
  const etags = new Etags(Object.keys(keys));
  const server = new S3rver({
    address: HOST,
    port,
    silent: true,
    directory: options.directory,
    allowMismatchedSignatures: true,
    vhostBuckets: false,
    configureBuckets: options.buckets.map((name) => ({ name })),
  });
  server.store = server.context.store = new ObjectStore(options.directory, etags);
  // Inserted before the router, which is the last middleware.
  server.middleware.splice(-1, 0, listObjects(options.directory, etags), objectHeaders(keys));
  await server.run();
  server.httpServer.keepAliveTimeout = 120_000;
  return {
    name: 's3',
    endpoint: `http://${HOST}:${port}`,
    stop: async () => {
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
    },
  };
}
