/** How the Data API shows a column's values. */
export type Kind = 'long' | 'double' | 'boolean' | 'blob' | 'decimal' | 'timestamptz' | 'text';

export interface ColumnType {
  readonly kind: Kind;
  readonly array: boolean;
  /** Names and JDBC numbers (java.sql.Types) of column metadata. */
  readonly typeName: string;
  readonly jdbc: number;
}

const JDBC_ARRAY = 2003;
const JDBC_OTHER = 1111;

/** oid, oid of the array, name, JDBC number, kind. */
const TYPES: readonly (readonly [number, number, string, number, Kind])[] = [
  [16, 1000, 'bool', -7, 'boolean'],
  [17, 1001, 'bytea', -2, 'blob'],
  [18, 1002, 'char', 1, 'text'],
  [19, 1003, 'name', 12, 'text'],
  [20, 1016, 'int8', -5, 'long'],
  [21, 1005, 'int2', 5, 'long'],
  [23, 1007, 'int4', 4, 'long'],
  [25, 1009, 'text', 12, 'text'],
  [26, 1028, 'oid', -5, 'long'],
  [114, 199, 'json', JDBC_OTHER, 'text'],
  [700, 1021, 'float4', 7, 'double'],
  [701, 1022, 'float8', 8, 'double'],
  [1042, 1014, 'bpchar', 1, 'text'],
  [1043, 1015, 'varchar', 12, 'text'],
  [1082, 1182, 'date', 91, 'text'],
  [1083, 1183, 'time', 92, 'text'],
  [1114, 1115, 'timestamp', 93, 'text'],
  [1184, 1185, 'timestamptz', 93, 'timestamptz'],
  [1186, 1187, 'interval', JDBC_OTHER, 'text'],
  [1700, 1231, 'numeric', 2, 'decimal'],
  [2950, 2951, 'uuid', JDBC_OTHER, 'text'],
  [3802, 3807, 'jsonb', JDBC_OTHER, 'text'],
];

const BY_OID = new Map<number, ColumnType>(
  TYPES.flatMap(([oid, arrayOid, typeName, jdbc, kind]): [number, ColumnType][] => [
    [oid, { kind, array: false, typeName, jdbc }],
    [arrayOid, { kind, array: true, typeName: `_${typeName}`, jdbc: JDBC_ARRAY }],
  ]),
);

/** Enums, ranges and all other types are sent as PostgreSQL's text. */
const OTHER: ColumnType = { kind: 'text', array: false, typeName: 'unknown', jdbc: JDBC_OTHER };

export function columnType(oid: number): ColumnType {
  return BY_OID.get(oid) ?? OTHER;
}
