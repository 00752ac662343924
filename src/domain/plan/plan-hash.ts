import { contentHash } from '../content-hash.ts';
import type { Plan } from './plan.ts';

/** Hash of what in a plan decides how items look. Thresholds, stages and patterns may change while a generation lives. */
export function planHash({ source, table, entities, sizes }: Plan): string {
  const { maxInlineBytes } = sizes;
  return contentHash({ source, table, entities, maxInlineBytes });
}
