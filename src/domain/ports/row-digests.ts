import type { Identity, RowImage } from '../row.ts';

/** A row without its values: what `rowDigest` would make of its image, and the followed paths, which no item holds. */
export interface DigestedRow {
  readonly digest: Buffer;
  readonly followed: RowImage;
}

/** Digests of rows, computed by the source, by identity text: a row that is equal needs no values to travel. Absent rows are absent. */
export type RowDigests = (entity: string, identities: readonly Identity[]) => Promise<ReadonlyMap<string, DigestedRow>>;
