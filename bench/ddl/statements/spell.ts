import type { SchemaModel } from '../model.ts';
import { type MappedTable, MAPPED } from '../schema.ts';

/** A DDL statement with what it means for the model. */
export interface Statement {
  readonly text: string;
  /** Tells the model before the statement runs that statements of the application may fail from now on. */
  readonly foresee?: () => void;
  /** Tells the model once the statement has succeeded. */
  readonly apply?: () => void;
  /** SQLSTATE with which capture refuses it. */
  readonly refusedWith?: string;
}

/** Spells a statement out for the present schema; null where there is nothing for it. */
export type Spell = (model: SchemaModel, pick: number) => Statement | null;

export function choose<T>(from: readonly T[], pick: number): T | null {
  return from[pick % from.length] ?? null;
}

export function mapped(pick: number): MappedTable {
  return MAPPED[pick % MAPPED.length] ?? 'places';
}

/** A column that is not part of a key. */
export const PLAIN_COLUMN: Readonly<Record<MappedTable, string>> = {
  events: 'note',
  places: 'note',
  stations: 'note',
  visits: 'note',
};

export function simple(text: string, apply?: () => void): Statement {
  return { text, ...(apply === undefined ? {} : { apply }) };
}

/** The names of the spells, in their order. */
export function kindsOf<T extends object>(spells: T): (keyof T)[] {
  const kinds: (keyof T)[] = [];
  for (const kind in spells) kinds.push(kind);
  return kinds;
}
