/** What the generator knows of a column: the base type, and what narrows its values. */
export interface ColumnShape {
  readonly name: string;
  /** The base type's name, e.g. `int4`; `enum` for every enum. */
  readonly type: string;
  readonly array: boolean;
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly notNull: boolean;
  /** The value comes from a sequence: extreme numbers would leave the sequence no room. */
  readonly sequence: boolean;
  readonly hasDefault: boolean;
  /** Labels of an enum. */
  readonly labels: readonly string[];
  /** Constants that CHECK constraints of the column or its domain name. */
  readonly constants: readonly string[];
}

const CONTROL = '\u0001\t\r\n\u000b\u001f\u007f';
const TEXTS: readonly string[] = [
  '',
  '𝔘𝕟𝐢𝒸𝓸𝚍𝖾 👩‍👩‍👧‍👦 🇪🇺',
  `it's "quoted" \\ back\\slash`,
  'a#b#c#',
  'two\nlines\r\nand a tab\t',
  CONTROL,
  '%00 %23 {id} ${x} :name $1 --',
  ' leading and trailing ',
  'e\u0301 é \u202eright to left\u202c \ufeff',
  'NULL',
  '\uffff\u{10ffff}',
  '~~~~',
];

const JSONS: readonly string[] = [
  '{"a": 1, "a": 2, "b": {"c": null}}',
  '[null, {"x": null}, [], {}, ""]',
  '{"": "empty key", "n": 123456789012345678901234567890.5, "small": 1e-100}',
  'null',
  '"a text"',
  '-0.0',
  '{"𝔘": "👩‍👩‍👧‍👦", "quote\\"": "\\u0007", "PK": "x", "__proto__": {"constructor": 1}}',
  '{}',
  'true',
  `${'{"d":'.repeat(28)}1${'}'.repeat(28)}`,
];

/** No key can hold such a year, and the times that a draft puts into keys are NOT NULL. */
const FAR_YEAR = / BC$|^\d{5,}-/;

const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  int2: ['-32768', '32767', '0', '-1'],
  int4: ['-2147483648', '2147483647', '0', '-1'],
  int8: ['-9223372036854775808', '9223372036854775807', '9007199254740993', '0', '-1'],
  oid: ['0', '4294967295'],
  float4: ['NaN', 'Infinity', '-Infinity', '-0', '1e-45', '3.4028235e38', '0.1'],
  float8: ['NaN', '-Infinity', 'Infinity', '-0', '5e-324', '1.7976931348623157e308', '0.1'],
  money: ['-92233720368547758.08', '0.01', '0'],
  bool: ['true', 'false'],
  date: ['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2024-02-29', '0001-01-01'],
  timestamp: [
    'infinity',
    '-infinity',
    '4713-01-01 00:00:00 BC',
    '294276-12-31 23:59:59.999999',
    '2024-02-29 12:00:00.000001',
  ],
  timestamptz: [
    'infinity',
    '-infinity',
    '4713-01-02 00:00:00+00 BC',
    '294276-12-31 23:59:59.999999+00',
    '2024-10-27 02:30:00.123456+02',
  ],
  time: ['24:00:00', '00:00:00', '23:59:59.999999'],
  timetz: ['24:00:00-15:59', '00:00:00+15:59', '12:00:00.000001+00'],
  interval: [
    '-1 mons +30 days -24:00:00',
    '178000000 years',
    '00:00:00',
    '1 year 2 mons 3 days 04:05:06.789',
    '1 mon',
    '30 days',
  ],
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
  ],
  json: JSONS,
  jsonb: JSONS,
  inet: ['::ffff:1.2.3.4', '192.168.0.1/24', '::', '255.255.255.255', '2001:db8::1/64'],
  cidr: ['10.0.0.0/8', '::/0', '0.0.0.0/0', '2001:db8::/32'],
  macaddr: ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff'],
  macaddr8: ['00:00:00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff:ff:ff'],
  int4range: ['empty', '(,)', '[1,10)', '[-2147483648,5)'],
  int8range: ['empty', '(,)', '[1,9223372036854775806)'],
  numrange: ['empty', '(,)', '[1.10,2.200]', '(1,)'],
  daterange: ['empty', '[2024-01-01,infinity)', '(,2024-02-29)'],
  tsrange: ['empty', '["2024-01-01 00:00:00","2024-02-01 00:00:00"]', '[-infinity,infinity]'],
  tstzrange: ['empty', '(,)', '["2024-01-01 00:00:00+00",infinity)'],
  int4multirange: ['{}', '{[1,3),[5,8)}'],
  tsvector: ['', "'a''b':1A,3 'c':2", "'👩':1"],
  tsquery: ['', "'a' & !'b'"],
  xml: ['<a b="&lt;">\n<![CDATA[x]]></a>', ''],
  point: ['(0,-0)', '(1e300,-1e300)', '(NaN,Infinity)'],
  box: ['(1,1),(0,0)'],
  line: ['{1,-1,0}'],
  lseg: ['[(0,0),(1,1)]'],
  path: ['[(0,0),(1,1)]', '((0,0),(1,1),(2,0))'],
  polygon: ['((0,0),(1,1),(2,0))'],
  circle: ['<(0,0),0>'],
  hstore: ['', '"a"=>NULL, "b#"=>"", "quote\\""=>"👩"'],
  ltree: ['', 'Top.Science.Astronomy'],
  bit: [],
  pg_lsn: ['0/0', 'FFFFFFFF/FFFFFFFF'],
  name: ['', 'a name'],
  char: ['', 'x'],
};

/** Values that the type accepts and programs stumble over, as PostgreSQL's text. Others than these are tried where a table refuses them. */
export function awkwardValues(column: ColumnShape): readonly string[] {
  if (column.array) return arrays(column, elementValues(column));
  return elementValues(column);
}

/** An ordinary value, another one for each `n`. */
export function plainValue(column: ColumnShape, n: number): string {
  const one = plainElement(column, n);
  return column.array ? `{${quoted(one)}}` : one;
}

function elementValues(column: ColumnShape): readonly string[] {
  const { type, length } = column;
  switch (type) {
    case 'text':
    case 'citext':
      return TEXTS;
    case 'varchar':
    case 'bpchar': {
      const room = length ?? (type === 'bpchar' ? 1 : 10_000);
      return [...new Set([...TEXTS.map((text) => first(text, room)), '😀'.repeat(Math.min(room, 300))])];
    }
    case 'numeric':
      return numerics(column);
    case 'bytea':
      if (length !== null) return ['00', 'ff', '23', '0a'].map((byte) => `\\x${byte.repeat(length)}`);
      return ['\\x', '\\x00', '\\xff00fe2523', `\\x${'00ff'.repeat(40)}`];
    case 'bit':
      return ['0'.repeat(length ?? 1), '1'.repeat(length ?? 1)];
    case 'varbit':
      return ['', '101'.slice(0, length ?? 3)];
    case 'enum':
      return [...column.labels].reverse();
    case 'int2':
    case 'int4':
    case 'int8':
      return column.sequence ? [] : (BY_TYPE[type] ?? []);
    default:
      return (BY_TYPE[type] ?? []).filter((text) => !column.notNull || !FAR_YEAR.test(text));
  }
}

function numerics({ precision, scale }: ColumnShape): readonly string[] {
  if (precision === null)
    return [
      'NaN',
      '0.000',
      '-0.10',
      '99999999999999999999999999999999999999',
      '1e-30',
      '12345678901234567890.123456789',
    ];
  const whole = Math.max(0, Math.min(38, precision) - (scale ?? 0));
  const fraction = Math.max(0, scale ?? 0);
  const largest = `${'9'.repeat(whole) || '0'}${fraction === 0 ? '' : `.${'9'.repeat(fraction)}`}`;
  return [largest, `-${largest}`, 'NaN', '0'];
}

function arrays({ type }: ColumnShape, elements: readonly string[]): readonly string[] {
  // The comma stands within a box.
  const between = type === 'box' ? ';' : ',';
  const all = elements.map(quoted);
  const [first = 'NULL', second = first, third = second] = all;
  return ['{}', `{${[second, 'NULL', third].join(between)}}`, `{${all.slice(0, 6).join(between)}}`, '{NULL}'];
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function first(text: string, characters: number): string {
  return Array.from(text).slice(0, characters).join('');
}

function plainElement(column: ColumnShape, n: number): string {
  const { type, length, precision, scale } = column;
  switch (type) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'money':
      return String(n + 1);
    case 'numeric':
      return String((n + 1) % 10 ** Math.max(0, Math.min(9, (precision ?? 9) - (scale ?? 0))));
    case 'float4':
    case 'float8':
      return String(n + 0.5);
    case 'bool':
      return String(n % 2 === 0);
    case 'enum':
      return column.labels[n % Math.max(1, column.labels.length)] ?? '';
    case 'uuid':
      return `11111111-1111-4111-8111-${String(n).padStart(12, '0')}`;
    case 'date':
      return new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
    case 'timestamp':
    case 'timestamptz':
      return new Date(Date.UTC(2024, 0, 1 + n, 12)).toISOString();
    case 'time':
    case 'timetz':
      return `12:00:${String(n % 60).padStart(2, '0')}`;
    case 'interval':
      return `${n + 1} seconds`;
    case 'json':
    case 'jsonb':
      return `{"n": ${n}}`;
    case 'bytea':
      return `\\x${(n + 256).toString(16).padStart(2 * (length ?? 4), '0')}`;
    case 'inet':
    case 'cidr':
      return `10.0.${n >> 8}.${n & 255}`;
    case 'macaddr':
      return `00:00:00:00:${hex(n >> 8)}:${hex(n)}`;
    case 'bit':
    case 'varbit':
      return (n % 2 ** Math.min(length ?? 1, 30))
        .toString(2)
        .padStart(length ?? 1, '0')
        .slice(0, length ?? 1);
    case 'ltree':
      return `Top.n${n}`;
    case 'tsvector':
      return `word${n}`;
    case 'xml':
      return `<n>${n}</n>`;
    case 'hstore':
      return `"n"=>"${n}"`;
    case 'point':
      return `(${n},${n})`;
    default: {
      const known = BY_TYPE[type] ?? [];
      const value = known.length > 0 ? known[n % known.length] : undefined;
      return value ?? first(`${n.toString(36)}plain`, length ?? 20);
    }
  }
}

function hex(n: number): string {
  return (n & 255).toString(16).padStart(2, '0');
}
