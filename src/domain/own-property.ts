/**
 * A record's own property. Columns and attributes may be named as members of Object.prototype (`constructor`), and a
 * record that lacks them must not answer with the inherited ones.
 */
export function ownProperty<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
