import type { MutationResult } from './mutations/mutation.ts';
import type { Explored, Violation } from './explore.ts';
import type { Scenario } from './scenario.ts';

/** A violation as text: its trace and the choices that replay it; empty for none. */
export function traceOf(violation: Violation | null): string {
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
    'SCENARIOS EXPLORED TO THE END, NO VIOLATION',
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

export function mutationTable(results: readonly MutationResult[]): string {
  const width = Math.max(0, ...results.map(({ mutation }) => mutation.name.length));
  return [
    'MUTATIONS: VIOLATION FOUND, STEPS OF THE SHORTEST TRACE, STATES UNTIL THEN (ALL STATES WITH THE DEFENCE, NO VIOLATION)',
    ...results.map(({ mutation, mutated, intact }) => {
      const found = mutated.violation?.what.split(':')[0] ?? 'nothing';
      return `${mutation.name.padEnd(width)}  ${found.padEnd(24)} ${right(mutated.violation?.trace.length ?? 0, 3)} ${right(mutated.states, 9)} (${intact.states})  ${mutation.races}`;
    }),
  ].join('\n');
}

function right(value: string | number, width: number): string {
  return String(value).padStart(width);
}
