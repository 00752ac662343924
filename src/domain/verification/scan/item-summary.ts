import type { Item, ItemKey } from '../../item.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { BodyRef } from '../../row.ts';
import type { RowName } from '../recheck/candidate.ts';
import { strayIndexAttributes } from '../compare/compare-values.ts';
import { rowDigest } from '../compare/row-digest.ts';
import { type ItemLayout, layoutOf } from '../compare/item-layout.ts';
import { bodiesOf, type DecodedRow, decodeForVerification } from '../compare/decoded-item.ts';

interface Summarized {
  readonly key: ItemKey;
  readonly entity: string | null;
  /** The row that the item claims to be of, as far as that can be told. */
  readonly name: RowName | null;
}

/** What is kept of an item until the source has answered: little, because the items of thousands of rows would stay in memory. */
export type ItemSummary =
  | (Summarized & {
      readonly kind: 'row';
      readonly name: RowName;
      /** `rowDigest` of the row that it decodes to. */
      readonly digest: string;
      readonly form: ItemLayout;
      readonly pointers: readonly { readonly column: string; readonly ref: BodyRef }[];
    })
  | (Summarized & { readonly kind: 'unique'; readonly name: RowName; readonly reading: DecodedRow })
  | (Summarized & { readonly kind: 'unreadable' })
  | (Summarized & { readonly kind: 'tombstone'; readonly shown: boolean });

/** Judges an item as far as it can be without the source. */
export function summarizeItem(mapping: Mapping, indexKeys: ReadonlySet<string>, item: Item): ItemSummary {
  const reading = decodeForVerification(mapping, item);
  const { key } = reading;
  if (reading.kind === 'row' || reading.kind === 'unique') {
    const { name: entity } = reading.entity;
    const name = { entity, identity: reading.identity };
    if (reading.kind === 'unique') return { kind: 'unique', key, entity, name, reading };
    const { image } = reading;
    const form = layoutOf(reading.entity, image, item);
    return {
      kind: 'row',
      key,
      entity,
      name,
      digest: rowDigest(reading.entity, image),
      form,
      pointers: bodiesOf(image),
    };
  }
  const entity = reading.entity?.name ?? null;
  const { identity } = reading;
  const name = entity === null || identity === null ? null : { entity, identity };
  if (reading.kind === 'unreadable') return { kind: 'unreadable', key, entity, name };
  return { kind: 'tombstone', key, entity, name, shown: strayIndexAttributes(indexKeys, item).length > 0 };
}
