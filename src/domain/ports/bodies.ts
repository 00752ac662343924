import type { BodyRef } from '../row.ts';

/** Large values in S3 under immutable, content-addressed keys (`bodyKey`): put before any pointer to them. */
export interface Bodies {
  /** Idempotent: the key is the content's hash. */
  put(body: Uint8Array, ref: BodyRef): Promise<void>;
  get(sha256: string): Promise<Uint8Array | null>;
  /** Size of the stored body, or null when it is not there; no transfer of the body. */
  size(sha256: string): Promise<number | null>;
  /** All bodies, a page at a time. */
  list(after: string | null): Promise<{ readonly bodies: readonly BodyRef[]; readonly next: string | null }>;
}

/** JSON evidence and reports (verification details, seen sets) in the same bucket under other prefixes. */
export interface Documents {
  write(key: string, body: string | Uint8Array): Promise<void>;
  read(key: string): Promise<Uint8Array | null>;
}
