/** Quotes an SQL identifier; catalogue names are used unchanged. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes an SQL string literal, for names from the catalogue; callers' values are sent as
 * parameters.
 */
export function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** `schema.table`, quoted. */
export function quoteQualified(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** Quotes a function body, which may hold names with dollar signs. */
export function dollarQuote(body: string): string {
  let tag = 'body';
  while (body.includes(`$${tag}$`)) tag += '_';
  return `$${tag}$${body}$${tag}$`;
}

/** `schema.table` of the catalogue, quoted. */
export function quotedLeaf(leaf: string): string {
  const dot = leaf.indexOf('.');
  return `${quoteIdentifier(leaf.slice(0, dot))}.${quoteIdentifier(leaf.slice(dot + 1))}`;
}
