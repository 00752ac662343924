import type { Access } from '../access.ts';

/** Why no key serves an access; `keyed` if an index could, because a column has a value. */
export function keyReasons(
  access: Access,
  key: readonly string[],
): { readonly reasons: readonly string[]; readonly keyed: boolean } {
  const known = [...new Set([...access.equal, ...access.lists, ...access.joined].map(({ path }) => path))];
  const own = known.filter((path) => !path.includes('.'));
  const obstacles = [...new Set(access.rest.flatMap(({ obstacle }) => obstacle ?? []))];
  if (own.length > 0) {
    const missing = key.filter((path) => !known.includes(path));
    const part = key.some((path) => known.includes(path)) && missing.length > 0;
    return {
      keyed: true,
      reasons: [
        part
          ? `${own.join(', ')} ${own.length === 1 ? 'is' : 'are'} known, but the key also needs ${missing.join(', ')}`
          : `no key begins with ${own.join(', ')}`,
      ],
    };
  }
  const followed = known.filter((path) => path.includes('.'));
  if (followed.length > 0)
    return {
      keyed: true,
      reasons: [
        `only ${followed.join(', ')} is known: an index key may follow it, if the columns on the way are \`immutable\``,
      ],
    };
  if (obstacles.length > 0)
    return { keyed: false, reasons: obstacles.map((obstacle) => `${obstacle} cannot be a key`) };
  const loose = [...access.ranges, ...access.prefixes.map(({ path }) => path)];
  if (loose.length > 0)
    return { keyed: false, reasons: [`a range of ${loose.join(', ')} without a value that names a partition`] };
  if (access.nulls.length > 0)
    return { keyed: false, reasons: [`${access.nulls.join(', ')} IS NULL names no partition`] };
  return { keyed: false, reasons: [access.limit === null ? 'reads the whole table' : 'names no partition'] };
}
