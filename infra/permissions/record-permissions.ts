import type { DeclaredRecords } from '../../handlers/wiring/declared-records.ts';
import type { RecordKind } from '../../src/domain/ports/control.ts';
import type { Grant } from '../grant.ts';

/** Kinds that are put whole; all others are updated with a revision (src/adapters/control/). */
const PUT: ReadonlySet<RecordKind> = new Set(['FACTS', 'INTENT', 'MODE']);

/** Kinds whose partition key goes on with `#` and a number. */
const NUMBERED: ReadonlySet<RecordKind> = new Set(['FACTS', 'INTENT']);

/** Changes of the control table's records of these kinds, and of no others. */
export function recordGrants(control: string, { writes, removes }: DeclaredRecords): readonly Grant[] {
  const grant = (call: string, kinds: readonly RecordKind[]): readonly Grant[] =>
    kinds.length === 0 ? [] : [{ actions: dynamodb(call), resources: [control], conditions: leadingKeys(kinds) }];
  return [
    ...grant(
      'PutItem',
      writes.filter((kind) => PUT.has(kind)),
    ),
    ...grant(
      'UpdateItem',
      writes.filter((kind) => !PUT.has(kind)),
    ),
    ...grant('DeleteItem', removes),
  ];
}

/** Allows items by their partition key: every key that a request names has to be of one of these kinds. */
export function leadingKeys(kinds: readonly RecordKind[]): NonNullable<Grant['conditions']> {
  return {
    'ForAllValues:StringLike': {
      'dynamodb:LeadingKeys': kinds.map((kind) => (NUMBERED.has(kind) ? `${kind}#*` : kind)),
    },
  };
}

/** Actions of DynamoDB by their names. */
export function dynamodb(...actions: readonly string[]): readonly string[] {
  return actions.map((action) => `dynamodb:${action}`);
}
