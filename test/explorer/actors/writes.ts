import type { Write } from './ports.ts';
import { imageOf, type Thing } from '../model/rows.ts';

/** Writes a row; by convention its value is the name of the transaction, so that a value says who wrote it. */
export function put(id: string, value: string, more: Omit<Thing, 'id' | 'value'> = {}): Write {
  return { pk: id, row: imageOf({ id, value, ...more }) };
}

export function gone(id: string): Write {
  return { pk: id, row: null };
}
