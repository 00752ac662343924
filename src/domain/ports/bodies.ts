import type { BodyRef, Identity } from '../row.ts';

/** A body as a listing shows it, without reading it. */
export interface StoredBody extends BodyRef {
  /** Changes when the body is written. The MD5 of the content, unless KMS encrypts the bucket. */
  readonly etag: string;
}

/** Large values in S3 under immutable, content-addressed keys (`bodyKey`): put before any pointer to them. */
export interface Bodies {
  /** Idempotent: the key is the content's hash. */
  put(body: Uint8Array, ref: BodyRef): Promise<void>;
  get(sha256: string): Promise<Uint8Array | null>;
  /** Size of the stored body, or null when it is not there; no transfer of the body. */
  size(sha256: string): Promise<number | null>;
  /** Size of the stored body and a word that changes with it, or null when it is not there. */
  head(sha256: string): Promise<{ readonly bytes: number; readonly etag: string } | null>;
  /** Hash of what is really stored, read piece by piece; null when nothing is. */
  digest(sha256: string): Promise<string | null>;
  /** The bodies whose hash begins with this hexadecimal digit, a page at a time. */
  list(
    digit: string,
    after: string | null,
  ): Promise<{ readonly bodies: readonly StoredBody[]; readonly next: string | null }>;
}

/** MD5 of a large column's bytes, computed by the source by identity text: what S3 calls the ETag, so that no text has to travel. */
export type BodyMd5 = (
  entity: string,
  column: string,
  identities: readonly Identity[],
) => Promise<ReadonlyMap<string, string>>;

/** JSON evidence and reports (verification details, seen sets) in the same bucket under other prefixes. */
export interface Documents {
  write(key: string, body: string | Uint8Array): Promise<void>;
  read(key: string): Promise<Uint8Array | null>;
}
