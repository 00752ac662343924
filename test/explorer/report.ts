import type { Shown } from './mutations/mutation.ts';
import type { Explored, Violation } from './explore.ts';
import type { Scenario } from './scenario.ts';

/** A trace as people read it, with the choices that replay it; empty where there is none. */
export function storyOf(violation: Violation | null): string {
  if (violation === null) return '';
  const { what, trace, choices } = violation;
  return [what, ...trace.map((step, at) => `${at + 1}. ${step}`), `EXPLORER_STEPS=${choices.join('.')}`].join('\n');
}

export function scenarioTable(explored: readonly { readonly scenario: Scenario; readonly result: Explored }[]): string {
  const total = (count: (result: Explored) => number): number =>
    explored.reduce((sum, { result }) => sum + count(result), 0);
  const rows = explored.map(({ scenario, result }) => lineOf(scenario.name, result));
  const sum = { states: total(({ states }) => states), transitions: total(({ transitions }) => transitions) };
  const seconds = { cpuSeconds: total(({ cpuSeconds }) => cpuSeconds), seconds: total((result) => result.seconds) };
  return [
    'EXPLORED TO THE END, NOTHING LOST',
    '     states  transitions   cpu s       s',
    ...rows,
    lineOf('all', { ...sum, ...seconds }),
  ].join('\n');
}

function lineOf(
  name: string,
  { states, transitions, cpuSeconds, seconds }: Pick<Explored, 'states' | 'transitions' | 'cpuSeconds' | 'seconds'>,
): string {
  return `${right(states, 11)}  ${right(transitions, 11)}  ${right(cpuSeconds.toFixed(1), 6)}  ${right(seconds.toFixed(1), 6)}  ${name}`;
}

export function defenceTable(shown: readonly Shown[]): string {
  const width = Math.max(0, ...shown.map(({ defence }) => defence.name.length));
  return [
    'DEFENCE TAKEN OUT: VIOLATION FOUND, LENGTH OF THE SHORTEST TRACE, STATES UNTIL THEN (WITH THE DEFENCE: ALL, NONE FOUND)',
    ...shown.map(({ defence, broken, whole }) => {
      const found = broken.violation?.what.split(':')[0] ?? 'nothing';
      return `${defence.name.padEnd(width)}  ${found.padEnd(24)} ${right(broken.violation?.trace.length ?? 0, 3)} ${right(broken.states, 9)} (${whole.states})  ${defence.races}`;
    }),
  ].join('\n');
}

function right(value: string | number, width: number): string {
  return String(value).padStart(width);
}
