import type { BodyRef, Identity } from '../row.ts';

/** A body as a listing shows it, without reading it. */
export interface StoredBody extends BodyRef {
  /** Changes when the body is written. */
  readonly etag: string;
  /** The ETag is the MD5 of the content. Under a key of KMS it is not, though it has the same form. */
  readonly isMd5: boolean;
}

/** What S3 says of a stored body without sending it. */
export interface BodyHead {
  readonly bytes: number;
  readonly etag: string;
  /** SHA-256 that S3 computed when the body was written; null where it was written without this checksum. */
  readonly sha256: string | null;
}

/** Large values in S3 under immutable, content-addressed keys (`bodyKey`): put before any pointer to them. */
export interface Bodies {
  /** Idempotent: the key is the content's hash. S3 refuses content of another hash. */
  put(body: Uint8Array, ref: BodyRef): Promise<void>;
  get(sha256: string): Promise<Uint8Array | null>;
  /** Size of the stored body without transferring it; null when it does not exist. */
  size(sha256: string): Promise<number | null>;
  /** Size, ETag and checksum of the stored body; null when it does not exist. */
  head(sha256: string): Promise<BodyHead | null>;
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

/** MD5 of a large column's bytes by identity text, computed by the source. Equals S3's ETag where that is an MD5, so that no text has to travel. */
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
