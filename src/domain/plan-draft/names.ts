/** Words of a table's or column's name: `order_items`, `orderItems` and `Order Items` are the same two. */
function words(name: string): readonly string[] {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
}

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['people', 'person'],
  ['children', 'child'],
  ['men', 'man'],
  ['women', 'woman'],
]);

/** The singular of an English plural; other words stay unchanged. */
function singular(word: string): string {
  const irregular = IRREGULAR.get(word.toLowerCase());
  if (irregular !== undefined) return irregular;
  if (/(?:ss|us|is|news|series|species)$/i.test(word)) return word;
  const [ies, es, s] = [/([^aeiou])ies$/i, /(s|x|z|ch|sh)es$/i, /s$/i];
  if (ies.test(word)) return word.replace(ies, '$1y');
  if (/(?:sses|shes|ches|xes|zzes|[tprn]uses)$/i.test(word)) return word.replace(es, '$1');
  return word.replace(s, '');
}

/** Words of the plan's own: uniqueness items, and the numbers of shards in keys. */
const RESERVED: ReadonlySet<string> = new Set(['UNIQUE', 'SHARD']);

/** An entity's name for a table: singular, in capitals. `taken` are the names already in use. */
export function entityName(table: string, taken: ReadonlySet<string>): string {
  const all = words(table);
  const last = all.at(-1) ?? '';
  const text = [...all.slice(0, -1), singular(last)].join('_').toUpperCase();
  const safe = /^[A-Z]/.test(text) ? text : text === '' ? 'TABLE' : `T_${text}`;
  return distinct(RESERVED.has(safe) ? `${safe}_ROW` : safe, taken, '_');
}

/** The role of a foreign key's column, in capitals: `owner_id` gives OWNER. */
export function roleOf(columns: readonly string[], fallback: string): string {
  const [first = ''] = columns;
  const role = words(first.replace(/[_ ]?(?:id|uuid|fk|key)$/i, ''))
    .join('_')
    .toUpperCase();
  return columns.length === 1 && role !== '' && !RESERVED.has(role) ? role : fallback;
}

/** A pattern's or attribute's name: `sessionsOfCampaign`. */
export function camel(...parts: readonly string[]): string {
  const all = parts.flatMap(words).map((word) => word.toLowerCase());
  const text = all.map((word, at) => (at === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1))).join('');
  return /^[a-z]/.test(text) ? text : `p${text}`;
}

/** The name, with a number appended if it is taken. */
export function distinct(name: string, taken: ReadonlySet<string>, between = ''): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) if (!taken.has(`${name}${between}${number}`)) return `${name}${between}${number}`;
}

/** A plan's name from that of a database or schema. */
export function planName(text: string): string {
  const name = words(text).join('-').toLowerCase().slice(0, 41);
  return /^[a-z][a-z0-9-]{2,}$/.test(name) ? name : 'migration';
}
