import { count } from './format.ts';

/** Output of the demo: lines that stay and, in a terminal, one status line that is overwritten. */
export interface Terminal {
  /** One event: what part of the demo it belongs to, and what happened. */
  say(topic: string, text: string): void;
  /** The present state; replaces the one before. */
  status(text: string): void;
  /** Lets somebody else write, a prompt for instance. */
  clear(): void;
  lines(text: readonly string[]): void;
}

const TOPIC_WIDTH = 13;
/** Without a terminal the status is printed as a line of its own, at most this often. */
const STATUS_EVERY_MS = 10_000;

export function createTerminal(
  stream: NodeJS.WriteStream,
  interactive: boolean,
  now = () => performance.now(),
): Terminal {
  const start = now();
  let shown = false;
  let last = 0;
  const clear = (): void => {
    if (shown) stream.write('\r\u001b[K');
    shown = false;
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
  };
  const elapsed = (): string => `${((now() - start) / 1_000).toFixed(1).padStart(6)} s`;
  return {
    clear,
    say: (topic, text) => line(`${elapsed()}  ${topic.padEnd(TOPIC_WIDTH)} ${text}`),
    status(text) {
      if (interactive) {
        const width = (stream.columns ?? 120) - 1;
        stream.write(`\r\u001b[K${`${elapsed()}  ${text}`.slice(0, width)}`);
        shown = true;
      } else if (now() - last > STATUS_EVERY_MS) {
        last = now();
        line(`${elapsed()}  ${'...'.padEnd(TOPIC_WIDTH)} ${text}`);
      }
    },
    lines: (text) => text.forEach(line),
  };
}

/** Columns that are as wide as their widest cell; numbers stand to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows.map((row, line) =>
    row
      .map((cell, at) => {
        const text = cells[line]?.[at] ?? '';
        return typeof cell === 'number' ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
}
