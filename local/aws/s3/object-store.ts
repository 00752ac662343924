import { hash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import S3Error from 's3rver/lib/models/error.js';
import FilesystemStore from 's3rver/lib/stores/filesystem.js';
import * as z from 'zod';
import { CHECKSUM } from './object-headers.ts';
import type { Etags } from './etags.ts';

const metadataSchema = z.record(z.string(), z.string());

/**
 * The emulator's file store, with S3's guarantee that an object exists completely or not at all.
 * The original writes in place and responds before the bytes have reached the file, so that a
 * reader, or a restart after a kill, finds a torn one. One file per object, two if it has metadata:
 * creating files is the main cost of a put.
 */
export class ObjectStore extends FilesystemStore {
  readonly #folders = new Set<string>();
  readonly #etags: Etags;

  constructor(directory: string, etags: Etags) {
    super(directory);
    this.#etags = etags;
  }

  override async putObject(
    object: Parameters<FilesystemStore['putObject']>[0],
  ): Promise<{ size: number; md5: string }> {
    const content = Buffer.isBuffer(object.content) ? object.content : await gather(object.content);
    const path = this.getResourcePath(object.bucket, object.key, 'object');
    const { 'content-type': type, 'content-encoding': encoding, [CHECKSUM]: checksum } = object.metadata;
    if (checksum !== undefined && checksum !== hash('sha256', content, 'base64'))
      throw new S3Error('BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
    const metadata = {
      ...(type === undefined || type === 'application/octet-stream' ? {} : { 'content-type': type }),
      ...(encoding === undefined || encoding === 'aws-chunked' ? {} : { 'content-encoding': encoding }),
      ...(checksum === undefined ? {} : { [CHECKSUM]: checksum }),
      ...Object.fromEntries(Object.entries(object.metadata).filter(([name]) => name.startsWith('x-amz-meta-'))),
    };
    const incoming = `${path}.${randomUUID()}`;
    this.#write(incoming, content);
    const beside = this.getResourcePath(object.bucket, object.key, 'metadata.json');
    if (Object.keys(metadata).length > 0) this.#write(beside, JSON.stringify(metadata));
    else rmSync(beside, { force: true });
    renameSync(incoming, path);
    return { size: content.byteLength, md5: this.#etags.remember(object.bucket, path, statSync(path), content) };
  }

  override async getMetadata(bucket: string, key: string): Promise<Record<string, string | number>> {
    const path = this.getResourcePath(bucket, key, 'object');
    const found = await stat(path);
    return {
      ...readMetadata(this.getResourcePath(bucket, key, 'metadata.json')),
      etag: JSON.stringify(await this.#etags.of(bucket, path, found)),
      'last-modified': found.mtime.toUTCString(),
      'content-length': found.size,
    };
  }

  /** Creates the folder if missing; a delete may remove it again. */
  #write(path: string, content: string | Buffer): void {
    const folder = dirname(path);
    if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
    try {
      writeFileSync(path, content);
    } catch {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, content);
    }
  }
}

async function gather(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function readMetadata(file: string): Record<string, string> {
  try {
    return metadataSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {}; // missing, or torn by a kill: the object itself is complete
  }
}
