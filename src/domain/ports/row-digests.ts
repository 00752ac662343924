import type { Identity, RowImage } from '../row.ts';

/** A row without its values: the `rowDigest` of its image, and the values of followed paths, which no item holds. */
export interface DigestedRow {
  readonly digest: string;
  readonly followed: RowImage;
}

/** Digests of rows, computed by the source, so that equal rows do not have to travel. In the order of `identities`; null = no such row. */
export type RowDigests = (entity: string, identities: readonly Identity[]) => Promise<readonly (DigestedRow | null)[]>;
