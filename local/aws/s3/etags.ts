import { createHash, hash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';

/**
 * ETags as in S3, the MD5 of the content: computed when an object is put, else when first
 * requested.
 */
export class Etags {
  readonly #known = new Map<string, { readonly state: string; readonly md5: string }>();

  /** The file at `path` has just been written with this content. */
  remember(path: string, found: Stats, content: Buffer): string {
    const md5 = hash('md5', content, 'hex');
    this.#known.set(path, { state: stateOf(found), md5 });
    return md5;
  }

  async of(path: string, found: Stats): Promise<string> {
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

function stateOf({ ino, mtimeMs, size }: Stats): string {
  return `${ino} ${mtimeMs} ${size}`;
}
