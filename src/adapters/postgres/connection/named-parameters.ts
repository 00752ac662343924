export interface PositionalSql {
  /** The statement with `$1`, `$2`… in place of `:name`. */
  readonly text: string;
  /** Names in the order of their numbers; a name used twice has one number. */
  readonly names: readonly string[];
}

/**
 * Tokens that may contain a colon, and the parameter itself. Alternatives, in order: escape string
 * (only where the E does not end a longer name), string, quoted name, line comment, block comment
 * (nested, so its end is found by hand), dollar quote (only where `$` does not continue a name),
 * cast, parameter. A doubled quote needs no special case: it matches as two adjacent strings.
 */
const TOKEN =
  /(?<![\w$\u0080-\uffff])[eE]'(?:[^'\\]|\\[^]|'')*'|'[^']*'|"[^"]*"|--[^\n]*|(?<comment>\/\*)|(?<![\w$\u0080-\uffff])\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$|::|:(?<name>[A-Za-z_]\w*)/g;

/**
 * Turns `:name` into `$n`, or what `place` makes of it, leaving strings, quoted names, dollar quotes, comments and casts as
 * they are.
 */
export function toPositional(
  sql: string,
  place: (position: string, name: string) => string = (position) => position,
): PositionalSql {
  const numbers = new Map<string, number>();
  let text = '';
  let copied = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(sql); match !== null; match = TOKEN.exec(sql)) {
    const name = match.groups?.['name'];
    if (match.groups?.['comment'] !== undefined) {
      TOKEN.lastIndex = endOfComment(sql, match.index);
    } else if (name !== undefined) {
      const number = numbers.get(name) ?? numbers.size + 1;
      numbers.set(name, number);
      text += sql.slice(copied, match.index) + place(`$${number}`, name);
      copied = TOKEN.lastIndex;
    }
  }
  return { text: text + sql.slice(copied), names: [...numbers.keys()] };
}

function endOfComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}
