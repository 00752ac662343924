import type { Item, ItemKey } from '../../item.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { BodyRef } from '../../row.ts';
import type { RowName } from '../recheck/candidate.ts';
import { strayIndexAttributes } from '../compare/compare-values.ts';
import { rowDigest } from '../compare/row-digest.ts';
import { type ItemLayout, layoutOf } from '../compare/item-layout.ts';
import { bodiesOf, type DecodedRow, decodeForVerification } from '../compare/decoded-item.ts';

interface SummaryBase {
  readonly key: ItemKey;
  readonly entity: string | null;
  /** The row that the item says it belongs to; null where it does not say. */
  readonly name: RowName | null;
}

/** What is kept of a scanned item until its row arrives, because thousands of whole items would take too much memory. */
export type ItemSummary =
  | (SummaryBase & {
      readonly kind: 'row';
      readonly name: RowName;
      /** `rowDigest` of the row that it decodes to. */
      readonly digest: string;
      readonly layout: ItemLayout;
      readonly pointers: readonly { readonly column: string; readonly ref: BodyRef }[];
    })
  | (SummaryBase & { readonly kind: 'unique'; readonly name: RowName; readonly decoded: DecodedRow })
  | (SummaryBase & { readonly kind: 'unreadable' })
  | (SummaryBase & { readonly kind: 'tombstone'; readonly indexed: boolean });

/** Does all checks of an item that do not need the source, and keeps what the others need. */
export function summarizeItem(mapping: Mapping, indexKeys: ReadonlySet<string>, item: Item): ItemSummary {
  const decoded = decodeForVerification(mapping, item);
  const { key } = decoded;
  if (decoded.kind === 'row' || decoded.kind === 'unique') {
    const { name: entity } = decoded.entity;
    const name = { entity, identity: decoded.identity };
    if (decoded.kind === 'unique') return { kind: 'unique', key, entity, name, decoded };
    const { image } = decoded;
    const layout = layoutOf(decoded.entity, image, item);
    return {
      kind: 'row',
      key,
      entity,
      name,
      digest: rowDigest(decoded.entity, image),
      layout,
      pointers: bodiesOf(image),
    };
  }
  const entity = decoded.entity?.name ?? null;
  const { identity } = decoded;
  const name = entity === null || identity === null ? null : { entity, identity };
  if (decoded.kind === 'unreadable') return { kind: 'unreadable', key, entity, name };
  return { kind: 'tombstone', key, entity, name, indexed: strayIndexAttributes(indexKeys, item).length > 0 };
}
