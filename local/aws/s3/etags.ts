import { createHash, hash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';

/**
 * ETags as in S3. Mostly the MD5 of the content: computed when an object is put, else when first requested. In a bucket with a key of KMS
 * 32 digits that change whenever the object is written, and say nothing of its content.
 */
export class Etags {
  readonly #encrypted: ReadonlySet<string>;
  readonly #known = new Map<string, { readonly state: string; readonly md5: string }>();

  /** `encrypted` names the buckets with a key of KMS. */
  constructor(encrypted: Iterable<string> = []) {
    this.#encrypted = new Set(encrypted);
  }

  /** The file at `path` has just been written with this content. */
  remember(bucket: string, path: string, found: Stats, content: Buffer): string {
    if (this.#encrypted.has(bucket)) return withoutContent(found);
    const md5 = hash('md5', content, 'hex');
    this.#known.set(path, { state: stateOf(found), md5 });
    return md5;
  }

  async of(bucket: string, path: string, found: Stats): Promise<string> {
    if (this.#encrypted.has(bucket)) return withoutContent(found);
    const state = stateOf(found);
    const known = this.#known.get(path);
    if (known?.state === state) return known.md5;
    const md5 = createHash('md5');
    for await (const piece of createReadStream(path)) md5.update(piece);
    const fresh = { state, md5: md5.digest('hex') };
    this.#known.set(path, fresh);
    return fresh.md5;
  }
}

/** Every put writes a file of its own. */
function withoutContent(found: Stats): string {
  return hash('md5', `encrypted ${stateOf(found)}`, 'hex');
}

function stateOf({ ino, mtimeMs, size }: Stats): string {
  return `${ino} ${mtimeMs} ${size}`;
}
