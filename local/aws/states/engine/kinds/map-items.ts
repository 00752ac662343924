import type { Frame } from '../../journal/frame.ts';
import { withinLimit, type Json } from '../../model/json.ts';
import type { Run } from '../run/run.ts';
import type { MapState } from '../../definition/schema.ts';
import { evaluateField, unusable } from '../run/scope.ts';

/** The items of a Map: computed when the state begins, journaled by the caller, and taken from there after a restart. */
export async function itemsOf(run: Run, frame: Frame, state: MapState): Promise<Json[]> {
  if (frame.items) return frame.items;
  const items = state.Items === undefined ? frame.input : await evaluateField(run, frame, 'Items', state.Items);
  if (!Array.isArray(items)) throw unusable('Items', 'an array', items);
  withinLimit(items, `items of the state '${frame.state}'`);
  return items;
}

/** What one iteration gets as its input. */
export async function selectItem(run: Run, frame: Frame, state: MapState, index: number, value: Json): Promise<Json> {
  if (state.ItemSelector === undefined) return value;
  const item = { Index: index, Value: value };
  const input = await evaluateField(run, frame, 'ItemSelector', state.ItemSelector, { item });
  return withinLimit(input, `selected item of the state '${frame.state}'`);
}
