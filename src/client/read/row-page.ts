import type { EntityMapping } from '../../domain/mapping/mapping.ts';
import type { RowImage } from '../../domain/row.ts';
import { ownProperty } from '../../domain/own-property.ts';

/** A row, from whichever store. */
export interface EntityRow {
  readonly entity: string;
  readonly image: RowImage;
}

export interface RowPage {
  readonly rows: readonly EntityRow[];
  /** Where to go on, for the store that made it; null at the end. */
  readonly next: string | null;
}

/** A row as text, of the columns that both stores hold: equal texts are equal rows. */
export function comparableText(entity: EntityMapping | undefined, { image }: EntityRow): string {
  return JSON.stringify((entity?.columns ?? []).map(({ column }) => ownProperty(image, column) ?? null));
}
