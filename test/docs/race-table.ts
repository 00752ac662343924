import { readdirSync, readFileSync } from 'node:fs';

const TESTS = new URL('../', import.meta.url);
/** A row of the table in docs/protocol.md: race, what happens, defence, tests. */
const ROW = /^\| RACE-(\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|$/;

/** Checks the spelling of citations, and covers no race. */
const SPELLING = 'race-spelling.test.ts';

/** Why a race has no test of its own. */
export const WITHOUT_TEST: ReadonlyMap<number, string> = new Map([
  [49, 'none: follows from the order of modes, see RACE-48'],
]);

export interface RaceRow {
  readonly race: number;
  readonly tests: string;
}

/** Files under test/ by the races that they name outside comments. */
export function testsByRace(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('docs/') && file !== SPELLING);
  for (const file of files.toSorted()) {
    const code = readFileSync(new URL(file, TESTS), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
      .join('\n');
    for (const race of new Set([...code.matchAll(/\bRACE[- ]?0*(\d+)/g)].map((match) => Number(match[1])))) {
      found.set(race, [...(found.get(race) ?? []), file]);
    }
  }
  return found;
}

/** The test column as it should be. */
export function testColumn(race: number, tests: ReadonlyMap<number, readonly string[]>): string {
  return tests.get(race)?.join(', ') ?? WITHOUT_TEST.get(race) ?? '';
}

export function readRaceTable(text: string): readonly RaceRow[] {
  return text.split('\n').flatMap((line) => {
    const match = ROW.exec(line);
    return match === null ? [] : [{ race: Number(match[1]), tests: (match[4] ?? '').trim() }];
  });
}

/** The document with its test column filled in. */
export function fillRaceTable(text: string): string {
  const tests = testsByRace();
  return text
    .split('\n')
    .map((line) => {
      const match = ROW.exec(line);
      if (match === null) return line;
      const [, race = '', event = '', defence = ''] = match;
      return `| RACE-${race} | ${event.trim()} | ${defence.trim()} | ${testColumn(Number(race), tests)} |`;
    })
    .join('\n');
}
