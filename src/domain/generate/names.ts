/** `ORDER_ITEM` and `by-owner` as names of types: `OrderItem`, `ByOwner`. A word in capitals only is lower-cased after its first letter. */
export function typeName(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** An entity's name as a type name: `ORDER_ITEM` becomes `OrderItem`. */
export function entityTypeName(entity: string): string {
  return typeName(entity.toLowerCase());
}

/** An approximate English plural of a type's name. */
export function plural(name: string): string {
  if (/[^aeiou]y$/i.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/i.test(name) ? `${name}es` : `${name}s`;
}

/** A text as a TypeScript literal. */
export function literal(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** A column name as a property name, quoted if needed. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

/** Text that is safe in a comment: it cannot end the comment. */
export function comment(text: string): string {
  return text.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ');
}

/** Allocates each name once: a name that is taken or reserved in TypeScript gets an underscore. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: readonly string[] = []) {
    this.#taken = new Set([...RESERVED, ...taken]);
  }

  take(wanted: string): string {
    let name = wanted;
    while (this.#taken.has(name)) name += '_';
    this.#taken.add(name);
    return name;
  }
}

const RESERVED = (
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
  'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
  'this throw true try typeof undefined var void while with yield ' +
  'any bigint boolean never number object string symbol unknown ' +
  'Date Object Promise Readonly Record String Uint8Array'
).split(' ');
