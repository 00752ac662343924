import { badRequest } from './errors.ts';
import { toPositional } from '../../../src/adapters/postgres/connection/named-parameters.ts';
import type { Parameter } from './request.ts';

/** A statement for PostgreSQL: text with numbered parameters, and a type and a value for each. */
export interface BoundStatement {
  readonly text: string;
  readonly types: readonly number[];
  readonly values: readonly (string | Buffer | null)[];
}

const OID = { bool: 16, bytea: 17, int8: 20, text: 25, float8: 701 } as const;

/** PostgreSQL infers the type, as it does for NULL on AWS. */
const UNSPECIFIED = 0;

const HINTS = {
  DATE: { oid: 1082, format: /^\d{4}-\d\d-\d\d$/ },
  DECIMAL: { oid: 1700, format: /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ },
  JSON: { oid: 114, format: /[^]/ },
  TIME: { oid: 1083, format: /^\d\d:\d\d:\d\d(\.\d{1,6})?$/ },
  TIMESTAMP: { oid: 1114, format: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/ },
  UUID: { oid: 2950, format: /^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$/ },
} as const;

/**
 * Binds named parameters. Each is sent with the type of its field, so that, as on Aurora, a string compared with a uuid or a
 * date column fails without a cast or a hint.
 */
export function bindParameters(sql: string, parameters: readonly Parameter[]): BoundStatement {
  const { text, names } = toPositional(sql);
  const given = new Map<string, Parameter>();
  for (const parameter of parameters) {
    if (given.has(parameter.name)) throw badRequest(`Parameter ${parameter.name} is given more than once`);
    given.set(parameter.name, parameter);
  }
  const bound = names.map((name) => {
    const parameter = given.get(name);
    if (parameter === undefined) throw badRequest(`Cannot find parameter: ${name}`);
    return encode(parameter);
  });
  return { text, types: bound.map(({ oid }) => oid), values: bound.map(({ value }) => value) };
}

function encode({ name, value, typeHint }: Parameter): { oid: number; value: string | Buffer | null } {
  const hint = typeHint === undefined ? undefined : HINTS[typeHint];
  if ('isNull' in value) return { oid: hint?.oid ?? UNSPECIFIED, value: null };
  if ('stringValue' in value) {
    if (value.stringValue.includes('\0'))
      throw badRequest(`Parameter ${name} holds U+0000, which PostgreSQL cannot store`);
    if (hint !== undefined && !hint.format.test(value.stringValue)) {
      throw badRequest(`Parameter ${name} does not have the format of its type hint ${typeHint}`);
    }
    return { oid: hint?.oid ?? OID.text, value: value.stringValue };
  }
  if (hint !== undefined) throw badRequest(`Parameter ${name}: a type hint goes with a stringValue only`);
  if ('longValue' in value) return { oid: OID.int8, value: String(value.longValue) };
  if ('doubleValue' in value) return { oid: OID.float8, value: String(value.doubleValue) };
  if ('booleanValue' in value) return { oid: OID.bool, value: String(value.booleanValue) };
  if ('blobValue' in value) return { oid: OID.bytea, value: Buffer.from(value.blobValue, 'base64') };
  throw badRequest('Array parameters are not supported.');
}
