import type { ControlTable } from '../../ports/control.ts';
import { type Identity, identityText } from '../../row.ts';
import type { NamedRow } from './schema.ts';

/** Control record kind: an operator accepted a row that could not be compared. */
export const ACCEPTED = 'ACCEPTED';

/** Holds until a later full run has compared the row. */
export interface Acceptance extends NamedRow {
  readonly by: string;
  readonly reason: string;
  /** The verification that reported the row. */
  readonly run: string;
  readonly at: string;
}

/** The record's id, and the row's name in reports. */
export function rowName(entity: string, identity: Identity): string {
  return `${entity} ${identityText(identity)}`;
}

/** Acceptances by row name. */
export async function readAccepted(control: Pick<ControlTable, 'list'>): Promise<ReadonlyMap<string, Acceptance>> {
  const records = await control.list<Acceptance>(ACCEPTED);
  return new Map(records.map(({ id, value }) => [id, value]));
}

/** Removes acceptances whose rows a full run has compared. */
export async function expireAcceptances(
  control: Pick<ControlTable, 'remove'>,
  accepted: ReadonlyMap<string, Acceptance>,
  unstable: readonly NamedRow[],
): Promise<void> {
  const still = new Set(unstable.map(({ entity, identity }) => rowName(entity, identity)));
  await Promise.all([...accepted.keys()].filter((id) => !still.has(id)).map((id) => control.remove(ACCEPTED, id)));
}
