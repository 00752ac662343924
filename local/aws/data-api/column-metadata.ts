import type { FieldDef } from 'pg';
import { columnType } from './column-type.ts';

/**
 * Column metadata in AWS's shape; fields that PostgreSQL's row description lacks (table,
 * nullability) are left neutral.
 */
export function columnMetadata(columns: readonly FieldDef[]): readonly object[] {
  return columns.map(({ name, dataTypeID, dataTypeModifier, dataTypeSize }) => {
    const { kind, typeName, jdbc, array } = columnType(dataTypeID);
    // numeric encodes precision and scale in its modifier, after four bytes of header.
    const numeric = kind === 'decimal' && dataTypeModifier >= 4 ? dataTypeModifier - 4 : null;
    return {
      arrayBaseColumnType: 0,
      isAutoIncrement: false,
      isCaseSensitive: kind === 'text' && !array,
      isCurrency: false,
      isSigned: kind === 'long' || kind === 'double' || kind === 'decimal',
      label: name,
      name,
      nullable: 1,
      precision: numeric === null ? Math.max(dataTypeSize, 0) : numeric >> 16,
      scale: numeric === null ? 0 : numeric & 0xffff,
      schemaName: '',
      tableName: '',
      type: jdbc,
      typeName,
    };
  });
}
