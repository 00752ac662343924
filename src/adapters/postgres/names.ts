/** An SQL identifier, always quoted: catalogue names are taken as they are. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An SQL string literal, for names that the catalogue gave; values of callers travel as parameters. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** `schema.table`, quoted. */
export function qualified(schema: string, table: string): string {
  return `${identifier(schema)}.${identifier(table)}`;
}
