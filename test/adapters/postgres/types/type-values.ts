/** Where the test's own types live: another schema than that of the table, as in most databases. */
export const TYPES = `
  CREATE SCHEMA words;
  CREATE TYPE words.mood AS ENUM ('very happy', 'sad', 'it''s "#%,{}\\', 'ok', '');
  CREATE TYPE words.inner AS (at timestamptz, cost money, bytes bytea);
  CREATE TYPE words.point2 AS (x int, label text, ratio float8, span interval, part words.inner, list text[]);
  CREATE TYPE words.floatrange AS RANGE (subtype = float8);
  CREATE TYPE words.textrange AS RANGE (subtype = text, collation = "C");
  CREATE TYPE words.date AS (year int, note text)`;

/** Text of every Unicode plane: its first, a middle and its last code points, noncharacters included. */
function planes(): string {
  const points = Array.from({ length: 17 }, (_, plane) =>
    [0x01, 0x7f, 0x300, 0xd7ff, 0xe000, 0xfffd, 0xfffe, 0xffff].map((point) => plane * 0x10000 + point),
  );
  return String.fromCodePoint(...points.flat());
}

function quoted(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** A value longer than a part of an answer, that cannot be cut at any byte or unit. */
const LONG = `repeat(${quoted('\u{1F600}e\u0301"')}, 5000)`;

const TEXTS = [
  "''",
  "' '",
  quoted('a#b%c\\d"e{f},NULL\''),
  quoted('\u0301 lone combining marks \u0301\u0328'),
  quoted('e\u0301 is not \u00e9'),
  quoted('\u0001\b\t\n\v\f\r\u001f\u007f\u0080\u009f\u2028\u2029\ufeff'),
  quoted('\u202eright to left\u202c \u{1F468}\u200d\u{1F469}\u200d\u{1F467}'),
  quoted(planes()),
  "'NULL'",
  "'null'",
  "'__proto__'",
];

const FLOATS = ["'NaN'", "'Infinity'", "'-Infinity'", "'-0'", '0', '1.1', '100000', '1000000', '0.0001', '0.00001'];

const JSONS = [
  "'null'",
  "'{}'",
  "'[]'",
  '\'""\'',
  "'true'",
  "'-0'",
  "'1.50'",
  "'12345678901234567890123456789012345678901234567890.5'",
  `'{"bb": 1, "a": [1.50, null, true, {"é": {}}], "": "no name", "__proto__": 1, "constructor": 2}'`,
  `'{"bb": 1, "a": [1.5, null, true, {"é": {}, "e": "\\u00e9\\n\\"\\\\"}], "aaa": -12.25, "10": 1, "9": 2}'`,
  `'{"big": 99999999999999999999999999999999999999, "small": 1e-30}'`,
  `'{"bigger": 999999999999999999999999999999999999999}'`,
  `'[1e2, 1E-2, 0.10, -0.0, 1e150]'`,
  `repeat('[', 31)::text || repeat(']', 31)::text`,
  `repeat('[', 32)::text || repeat(']', 32)::text`,
  `to_json(${quoted('\u0301\u{1F600}\u007f\u2028')}::text)::text`,
];

/** Types with the values, as SQL, that have gone wrong somewhere before. */
export const MATRIX: Readonly<Record<string, readonly string[]>> = {
  int2: ['-32768', '0', '32767'],
  int4: ['-2147483648', '-1', '0', '10', '2147483647'],
  int8: ['-9223372036854775808', '-10', '9007199254740993', '9223372036854775807'],
  oid: ['0', '4294967295'],
  'numeric(12,2)': ['-9999999999.99', '-1.5', '0', '-0.0', '0.1', '100', "'NaN'"],
  'numeric(38,0)': ['99999999999999999999999999999999999999', '-99999999999999999999999999999999999999', '1e37'],
  'numeric(38,38)': ['0.99999999999999999999999999999999999999', '-0.00000000000000000000000000000000000001', '0'],
  'numeric(3,-2)': ['12345', '-99900', '0'],
  'numeric(2,40)': ['1e-40', '0', '9.9e-39'],
  'numeric(38,130)': ['1e-130', '-1.5e-94'],
  'numeric(40,15)': ['12.34', '-0.000000000000001', '1234567890123456789012345', "'NaN'", '0'],
  'numeric(38,131)': ['1e-130', '0'],
  'numeric(38,-100)': ['1e120', '0'],
  'numeric(50,2)': ['12.5', '-99999999999999999999999999999999999999', '0'],
  numeric: [
    '1.50',
    '1.5',
    '0',
    '0.00',
    '-0.00',
    '1e40',
    '100',
    '1e-20',
    '-0.10',
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    '9.9999999999999999999999999999999999999e125',
    '1e-130',
    '12345678901234567890.123456789012345678',
  ],
  float4: [...FLOATS, '1e10', '123456', '1234567', '3.4028235e38', '1.4e-45', '-9.8607613e-32', '16777216'],
  float8: [
    ...FLOATS,
    '1e15',
    '123456789012345',
    '1e-7',
    '1.7976931348623157e308',
    '5e-324',
    '2.2250738585072014e-308',
    '9007199254740993',
    '0.30000000000000004',
    '-1e21',
  ],
  text: [...TEXTS, LONG],
  varchar: TEXTS,
  'varchar(5)': ["'abcde'", "''", quoted('\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}'), "'ab   '"],
  'char(5)': ["'ab'", "'abcde'", "''", quoted('\u{1F600}e\u0301'), quoted('a \t'), "' a'"],
  bpchar: ["'ab  '", "''"],
  name: ["'Ann'", "''"],
  '"char"': ["'a'", "''", "'#'"],
  bool: ["'t'", "'f'"],
  bytea: [`'\\x00ff10'`, `'\\x'`, `'\\x5c78'`, `decode(repeat('00ff', 3000), 'hex')`],
  uuid: ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'{00000000000000000000000000000000}'"],
  date: [
    "'2024-02-29'",
    "'0044-03-15 BC'",
    "'4714-11-24 BC'",
    "'5874897-12-31'",
    "'infinity'",
    "'-infinity'",
    "'0001-01-01'",
  ],
  time: ["'23:59:59.5'", "'00:00:00'", "'24:00:00'", "'12:00:00.000001'"],
  'time(2)': ["'23:59:59.5'"],
  timetz: ["'23:59:59.5+02'", "'00:00:00-15:59'", "'24:00:00+05:45:30'", "'12:00:00.000001+00'"],
  timestamp: [
    "'2024-01-02 03:04:05.6789'",
    "'2024-01-02 03:04:05'",
    "'0044-03-15 01:00:00.5 BC'",
    "'0044-03-15 01:00:00 BC'",
    "'4714-11-24 00:00:00 BC'",
    "'294276-12-31 23:59:59.999999'",
    "'12024-01-02 00:00:00.1'",
    "'infinity'",
    "'-infinity'",
    "'0001-12-31 23:59:59.999999 BC'",
  ],
  timestamptz: [
    "'2024-01-02 03:04:05.6789+02'",
    "'2024-06-02 03:04:05+00'",
    "'0044-03-15 00:00:00.000001+00 BC'",
    "'0001-01-01 00:00:00+15'",
    "'infinity'",
    "'-infinity'",
    "'12024-01-02 00:00:00.000001+00'",
    "'1883-11-18 12:03:57-04:56:02'",
    "'294276-12-31 23:59:59.999999+00'",
    "'4714-11-24 00:00:00+00 BC'",
  ],
  'timestamptz(3)': ["'2024-01-02 03:04:05.6789+02'"],
  interval: [
    "'1 year 2 mons -3 days 04:05:06.7'",
    "'-1 day'",
    "'0'",
    "'-1 year -2 mons +3 days -04:05:06.000001'",
    "'-1 mon +2 days 03:00:00'",
    "'infinity'",
    "'-infinity'",
    "'178000000 years'",
    "'-00:00:00.000001'",
  ],
  json: [...JSONS, `'{"b":1,  "a":[1.50,null], "b":2}'`, `E'[1,\\n\\t2 ]'`, `'"\\u0000\\ud800"'`],
  jsonb: [...JSONS, `'{"b":1,  "a":2, "b":3}'`],
  xml: [`'<a b="c">é</a>'`, `'x'`],
  'words.mood': ["'sad'", "'very happy'", `E'it''s "#%,{}\\\\'`, "''"],
  'words.point2': [
    '\'(1,"a ""b"" (c),\\\\\\\\",-0,,,)\'',
    "'(,,,,,)'",
    '\'(,"",NaN,-1 day,,"{}")\'',
    `ROW(1, 'it''s', 0.1, '1 mon -1 day', ROW('2024-01-02 03:04:05+02', -1234.56, '\\x00ff'), ARRAY['a"b', NULL])`,
    `ROW(NULL, NULL, 1e-300, NULL, ROW(NULL, NULL, NULL), NULL)`,
  ],
  'words.date': ["'(1,x)'", "'(,)'"],
  int4range: ["'[1,5)'", "'empty'", "'(,)'", "'[5,)'"],
  numrange: ["'[1.50,2.5]'", "'(,1)'", "'[NaN,NaN]'"],
  daterange: ["'[2024-01-02,infinity)'", "'[infinity,)'", "'(,0044-03-15 BC)'"],
  tsrange: [`'[2024-01-02 03:04:05.6789,infinity]'`, `'(-infinity,)'`, `'(,"0044-03-15 01:00:00.5 BC"]'`],
  tstzrange: [
    "'[2024-01-02 03:04:05+02,)'",
    "'(,infinity]'",
    `'["0044-03-15 00:00:00+00 BC",12024-01-01 00:00:00+00)'`,
  ],
  'words.floatrange': ["'[0.1,0.30000000000000004)'", "'[-Infinity,NaN]'"],
  'words.textrange': [`'["a,b","c\\"")'`, `'["",)'`],
  tstzmultirange: ["'{[2024-01-02 03:04:05+02,2024-01-03 00:00:00+00),[2025-01-01 00:00:00+00,)}'", "'{}'"],
  'words.floatmultirange': ["'{[0.1,0.2),[0.30000000000000004,)}'"],
  inet: ["'10.0.0.1/8'", "'10.0.0.1'", "'::ffff:1.2.3.4'", "'2001:db8::/32'"],
  cidr: ["'10.0.0.0/8'", "'::/0'"],
  macaddr: ["'08:00:2b:01:02:03'"],
  money: ["'1234.56'", "'-0.01'", "'0'", "'92233720368547758.07'", "'-92233720368547758.08'"],
  tsvector: ["'a:1A b:2,3'", "''", `E'''it''''s'':1 "x":2'`],
  tsquery: ["'a & !b:A* <2> c'"],
  'bit(3)': ["'101'"],
  varbit: ["'0'", "''"],
  point: ["'(0.1,-0)'", "'(Infinity,NaN)'"],
  box: ["'(0.30000000000000004,1),(0,0)'"],
  path: ["'[(0,0),(1e-300,1)]'"],
  pg_lsn: ["'16/B374D848'"],
};

/** Types that have no faithful form, with the finding that refuses them. */
export const REFUSED: Readonly<Record<string, string>> = {
  regclass: 'type-unfaithful',
  'regprocedure[]': 'type-unfaithful',
};
