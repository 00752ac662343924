/** The kind of a statement by its first words: enough to decide how to run it, not a parser of SQL. */
export interface ScriptStatement {
  /** Its kind, in the words of the script: `ALTER TABLE … OWNER TO`. */
  readonly label: string;
  /** Why it is skipped; null if it is sent to PostgreSQL. */
  readonly skip: string | null;
  /** Rows follow it in the script. */
  readonly copiesIn: boolean;
  /** True if its failure means that rows are missing. */
  readonly bringsRows: boolean;
  /** BEGIN, COMMIT and their kin, which no savepoint can wrap. */
  readonly transaction: boolean;
}

const NOT_HERE: readonly (readonly [RegExp, string])[] = [
  [/^(?:CREATE|ALTER|DROP) DATABASE\b/, 'everything is loaded into the one database of the stack'],
  [/^(?:CREATE|ALTER|DROP) (?:ROLE|GROUP|USER(?! MAPPING))\b/, 'logins are not taken over'],
  [/^(?:SET|RESET) (?:SESSION AUTHORIZATION|(?:LOCAL |SESSION )?ROLE)\b/, 'everything is loaded by the superuser'],
  [/^(?:CREATE|ALTER|DROP) (?:TABLESPACE|SUBSCRIPTION)\b/, 'it is about the server the script came from'],
  [/^ALTER SYSTEM\b/, 'it is about the server the script came from'],
];

const TAILS = ['OWNER TO', 'ADD CONSTRAINT', 'ATTACH PARTITION', 'CLUSTER ON', 'ENABLE ROW LEVEL SECURITY'];

export function statementOf(text: string): ScriptStatement {
  const flat = text.slice(0, 400).replaceAll(/\s+/g, ' ').toUpperCase();
  return {
    label: labelOf(flat),
    skip: NOT_HERE.find(([pattern]) => pattern.test(flat))?.[1] ?? null,
    copiesIn: /^COPY\b/.test(flat) && /\bFROM STDIN\b/.test(text.replaceAll(/\s+/g, ' ').toUpperCase()),
    bringsRows: /^(?:COPY\b.*\bFROM\b|INSERT\b|CREATE (?:UNLOGGED )?TABLE\b)/.test(flat),
    transaction: /^(?:BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE TRANSACTION)\b/.test(
      flat,
    ),
  };
}

/** The verb and its object's kind, without names, so that a thousand owners give one line. */
function labelOf(flat: string): string {
  const words =
    /^[A-Z]+(?: (?:OR REPLACE |UNLOGGED |UNIQUE |MATERIALIZED |FOREIGN |EVENT |DEFAULT |TEXT SEARCH )*[A-Z]+)?/.exec(
      flat,
    )?.[0] ?? flat.slice(0, 20);
  const [verb = ''] = words.split(' ');
  const short = WITH_OBJECT.has(verb) ? words : verb;
  const tail = TAILS.find((candidate) => flat.includes(` ${candidate} `));
  return verb === 'ALTER' && tail !== undefined ? `${short} … ${tail}` : short;
}

const WITH_OBJECT = new Set(['ALTER', 'COMMENT', 'CREATE', 'DROP', 'INSERT', 'REFRESH', 'RESET', 'SET']);
