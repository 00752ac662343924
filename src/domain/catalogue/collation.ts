import type { CatalogueColumn } from './catalogue.ts';

/** What makes texts of different bytes equal in this column, or null. DynamoDB compares bytes. */
export function looseEquality({ type, collation }: CatalogueColumn): string | null {
  if (type === 'citext') return 'citext compares without case';
  return collation?.deterministic === false ? `the collation ${collation.name} takes different texts for equal` : null;
}
