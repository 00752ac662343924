import { estimate, type Estimate, type Measured } from '../../src/domain/assess/estimate.ts';

/** What a row of the table in docs/aws.md shows. */
interface Line {
  readonly what: string;
  readonly of: (estimate: Estimate) => string;
}

const ROWS = [1_000_000, 10_000_000, 100_000_000] as const;
const DAYS = 14;

const whole = new Intl.NumberFormat('en-US');
const two = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const money = (dollars: number | null): string => (dollars === null ? '' : `$${two.format(dollars)}`);
const gigabytes = (bytes: number): string => `${whole.format(Math.ceil(bytes / 1024 ** 3))} GB`;

const LINES: readonly Line[] = [
  { what: 'items', of: ({ items }) => whole.format(items) },
  { what: 'size of the items', of: ({ bytes }) => gigabytes(bytes) },
  { what: 'load, hours', of: ({ load }) => two.format(load.hours) },
  { what: 'load', of: ({ dollars }) => money(dollars.load) },
  { what: 'one verification, hours', of: ({ verification }) => two.format(verification.hours) },
  { what: `${DAYS} verifications`, of: ({ dollars }) => money(dollars.verification) },
  { what: `dual writes of ${DAYS} days`, of: ({ dollars }) => money(dollars.window) },
  { what: 'writing the bodies', of: ({ dollars }) => money(dollars.objects) },
  { what: 'storage, a month', of: ({ dollars }) => money(dollars.monthly) },
];

/**
 * Rows of 600 bytes with one index that holds all of them, a uniqueness item for one in ten, a body of 10 KB for one in a hundred, and one in
 * a hundred changed a day.
 */
function measured(rows: number): Measured {
  return {
    entities: [
      {
        entity: 'ROW',
        rows,
        bytes: rows * 600,
        writeUnits: rows,
        indexes: [{ name: 'gsi1', rows, writeUnits: rows }],
        claims: rows / 10,
        bodies: { count: rows / 100, bytes: (rows / 100) * 10_240 },
      },
    ],
    source: { changesPerDay: rows / 100 },
  };
}

/** The table of costs, before Prettier aligns it, as cells. */
export function costCells(): readonly (readonly string[])[] {
  const estimates = ROWS.map((rows) => estimate({ window: { days: DAYS } }, measured(rows)));
  const head = ['rows', ...ROWS.map((rows) => whole.format(rows))];
  return [head, ...LINES.map(({ what, of }) => [what, ...estimates.map(of)])];
}

/** The cells of the table below the heading "Cost" of docs/aws.md. */
export function documentedCells(text: string): readonly (readonly string[])[] {
  return tableOf(text)
    .split('\n')
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The document with a table that is up to date. */
export function fillCostTable(text: string): string {
  const [head = [], ...lines] = costCells();
  return text.replace(
    tableOf(text),
    [row(head), row(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...lines.map(row)].join('\n'),
  );
}

function tableOf(text: string): string {
  const found = /^## Cost\n[^|]*((?:\|.*\n?)+)/m.exec(text)?.[1];
  if (found === undefined) throw new Error('docs/aws.md has no table below "## Cost"');
  return found.trimEnd();
}
