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
  /** Size of the stored body without transferring it; null when it does not exist. */
  size(sha256: string): Promise<number | null>;
  /** Size and ETag of the stored body; null when it does not exist. */
  head(sha256: string): Promise<{ readonly bytes: number; readonly etag: string } | null>;
  /** SHA-256 of the stored content, read in chunks; null when it does not exist. */
  digest(sha256: string): Promise<string | null>;
  /** The bodies whose hash begins with this hexadecimal digit, a page at a time. */
  list(
    digit: string,
    after: string | null,
  ): Promise<{ readonly bodies: readonly StoredBody[]; readonly next: string | null }>;
}

/** What a verification calls: it writes nothing. */
export type BodyReader = Pick<Bodies, 'head' | 'digest'>;

/** MD5 of a large column's bytes by identity text, computed by the source. Equals S3's ETag, so that no text has to travel. */
export type BodyMd5 = (
  entity: string,
  column: string,
  identities: readonly Identity[],
) => Promise<ReadonlyMap<string, string>>;

/** JSON evidence and reports (verification details, scanned rows) in the same bucket under other prefixes. */
export interface Documents {
  write(key: string, body: string | Uint8Array): Promise<void>;
  read(key: string): Promise<Uint8Array | null>;
}
