import { contentHash } from '../content-hash.ts';
import type { Plan } from './plan.ts';

/** Hash of the parts of a plan that determine the items. Thresholds, stages and patterns may change within a generation. */
export function planHash({ source, table, entities, sizes }: Plan): string {
  const { maxInlineBytes } = sizes;
  return contentHash({ source, table, entities, maxInlineBytes });
}
