import type { Identity, RowImage } from '../row.ts';

/** A row without its values: what `rowDigest` would make of its image, and the followed paths, which no item holds. */
export interface DigestedRow {
  readonly digest: Buffer;
  readonly followed: RowImage;
}

/** Digests of rows, computed by the source: a row that is equal needs no values to travel. In the order of `identities`, null = no such row. */
export type RowDigests = (entity: string, identities: readonly Identity[]) => Promise<readonly (DigestedRow | null)[]>;
