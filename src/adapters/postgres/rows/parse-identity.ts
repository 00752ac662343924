import type { SqlValue } from '../../../domain/ports/source.ts';
import type { Identity } from '../../../domain/row.ts';

/** The identity of a row, from the text of a statement's answer. */
export function parseIdentity(value: SqlValue | undefined): Identity {
  return identityOf(JSON.parse(String(value)));
}

export function identityOf(value: unknown): Identity {
  if (!isIdentity(value)) throw new TypeError(`not the identity of a row: ${JSON.stringify(value).slice(0, 100)}`);
  return value;
}

function isIdentity(value: unknown): value is Identity {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
