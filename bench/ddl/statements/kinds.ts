import type { SchemaModel } from '../model.ts';
import { breaking } from './breaking.ts';
import { harmless } from './harmless.ts';
import { added, joining } from './joining.ts';
import { removing, truncating } from './removing.ts';
import { rewriting } from './rewriting.ts';
import { kindsOf, type Spell, type Statement } from './spell.ts';

const SPELLS = { ...harmless, ...joining, ...rewriting, ...added, ...removing, ...truncating, ...breaking };
export type StepKind = keyof typeof SPELLS;

export const HARMLESS = kindsOf(harmless);
export const JOINING = kindsOf(joining);
export const REWRITING = kindsOf(rewriting);
export const ADDED = kindsOf(added);
export const REMOVING = kindsOf(removing);
export const TRUNCATING = kindsOf(truncating);
export const BREAKING = kindsOf(breaking);

/** The statement of this kind in the present schema; null where there is nothing for it. */
export function spell(kind: StepKind, model: SchemaModel, pick: number): Statement | null {
  const spells: Readonly<Record<StepKind, Spell>> = SPELLS;
  return spells[kind](model, pick);
}

export function isRemoving(kind: StepKind): boolean {
  return REMOVING.some((candidate) => candidate === kind);
}
