/** A large value that lives in S3: the SHA-256 of its UTF-8 bytes (lower-case hex) and their number. */
export interface BodyRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** One column: canonical text, a body that lives in S3, or SQL NULL. */
export type ImageValue = string | null | BodyRef;

/**
 * One row as the source states it: every mapped column by its own name, and every followed foreign-key path
 * (`campaign_id.owner_id`) that an index key needs. Canonical text per type is defined in `mapping/types.ts`.
 */
export type RowImage = Readonly<Record<string, ImageValue>>;

/** Canonical text of the identity columns, in the order of the mapping. */
export type Identity = readonly string[];

export function isBodyRef(value: ImageValue | undefined): value is BodyRef {
  return typeof value === 'object' && value !== null;
}

/** One form for an identity as a map key, a changelog `pk` and a log line: a JSON array of text. */
export function identityText(identity: Identity): string {
  return JSON.stringify(identity);
}
