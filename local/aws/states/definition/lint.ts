import type { ReportFault } from './fault.ts';
import { argumentsOf, integrationOf, integrations } from './integrations.ts';
import { isObject, type Json } from '../model/json.ts';
import { lintExpressions, lintVariables } from './lint-expressions.ts';
import type { Catcher, Definition, Graph, MapState, Retrier, State, TaskState, WaitState } from './schema.ts';

/** Reports what the shapes cannot say: targets that are missing, unreachable states, resources this engine has not. */
export function lintDefinition(definition: Definition, report: ReportFault): void {
  lintGraph(definition, '', new Set(), new Set(), report);
}

function lintGraph(
  graph: Graph,
  path: string,
  names: Set<string>,
  outerVariables: ReadonlySet<string>,
  report: ReportFault,
): void {
  if (!graph.States.has(graph.StartAt)) {
    report(`${path}/StartAt`, `Missing 'StartAt' target: ${graph.StartAt}`, 'MISSING_TRANSITION_TARGET');
  }
  const reached = reachable(graph);
  const variables = lintVariables(graph, path, outerVariables, report);
  for (const [name, state] of graph.States) {
    const place = `${path}/States/${name}`;
    if (name.length > 80) report(place, 'A state name has at most 80 characters');
    if (names.has(name)) report(place, `State name '${name}' is used twice`, 'DUPLICATE_STATE_NAME');
    names.add(name);
    if (graph.States.has(graph.StartAt) && !reached.has(name))
      report(place, `State '${name}' is not reachable`, 'MISSING_TRANSITION_TARGET');
    lintFlow(graph, state, place, report);
    lintState(state, place, report);
    lintExpressions(state, place, report);
    if (state.Type === 'Parallel') {
      for (const [index, branch] of state.Branches.entries()) {
        lintGraph(branch, `${place}/Branches[${index}]`, names, variables, report);
      }
    }
    if (state.Type === 'Map') {
      const { distributed } = state.ItemProcessor;
      lintGraph(state.ItemProcessor, `${place}/ItemProcessor`, names, distributed ? new Set() : variables, report);
    }
  }
}

/** Every state that a state may lead to, with the field that says so. */
function targets(state: State): { field: string; target: string }[] {
  const list: { field: string; target: string }[] = [];
  if ('Next' in state && state.Next !== undefined) list.push({ field: 'Next', target: state.Next });
  if (state.Type === 'Choice') {
    for (const [index, rule] of state.Choices.entries()) {
      list.push({ field: `Choices[${index}]/Next`, target: rule.Next });
    }
    if (state.Default !== undefined) list.push({ field: 'Default', target: state.Default });
  }
  for (const [index, catcher] of catchersOf(state).entries()) {
    list.push({ field: `Catch[${index}]/Next`, target: catcher.Next });
  }
  return list;
}

function catchersOf(state: State): readonly Catcher[] {
  return 'Catch' in state ? (state.Catch ?? []) : [];
}

function retriersOf(state: State): readonly Retrier[] {
  return 'Retry' in state ? (state.Retry ?? []) : [];
}

function reachable(graph: Graph): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [graph.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = graph.States.get(name);
    if (!state || seen.has(name)) continue;
    seen.add(name);
    open.push(...targets(state).map(({ target }) => target));
  }
  return seen;
}

function lintFlow(graph: Graph, state: State, place: string, report: ReportFault): void {
  for (const { field, target } of targets(state)) {
    if (!graph.States.has(target)) {
      report(`${place}/${field}`, `Missing 'Next' target: ${target}`, 'MISSING_TRANSITION_TARGET');
    }
  }
  if (state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail') return;
  if ((state.Next === undefined) === (state.End !== true)) {
    report(place, "Exactly one of 'Next' and 'End': true is required");
  }
}

function lintState(state: State, place: string, report: ReportFault): void {
  lintErrorEquals(retriersOf(state), `${place}/Retry`, report);
  lintErrorEquals(catchersOf(state), `${place}/Catch`, report);
  if (state.Type === 'Task') lintTask(state, place, report);
  if (state.Type === 'Wait') lintWait(state, place, report);
  if (state.Type === 'Map') lintMap(state, place, report);
}

function lintErrorEquals(list: readonly (Retrier | Catcher)[], place: string, report: ReportFault): void {
  for (const [index, { ErrorEquals }] of list.entries()) {
    if (!ErrorEquals.includes('States.ALL')) continue;
    if (ErrorEquals.length > 1) report(`${place}[${index}]/ErrorEquals`, 'States.ALL must stand alone');
    if (index < list.length - 1) report(`${place}[${index}]/ErrorEquals`, 'States.ALL must be the last one');
  }
}

function lintTask(state: TaskState, place: string, report: ReportFault): void {
  const integration = integrationOf(state.Resource);
  if (!integration) {
    const known = Object.keys(integrations).join(', ');
    report(`${place}/Resource`, `Resource '${state.Resource}' is not supported; supported are ${known}`);
    return;
  }
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    report(`${place}/HeartbeatSeconds`, 'HeartbeatSeconds must be smaller than TimeoutSeconds');
  }
  lintArguments(state.Arguments, argumentsOf[integration.kind], `${place}/Arguments`, report);
}

function lintArguments(given: Json | undefined, known: readonly string[], place: string, report: ReportFault): void {
  const first = known[0] ?? '';
  if (given === undefined) {
    report(place, `Field '${first}' is required`);
  } else if (isObject(given)) {
    if (!(first in given)) report(`${place}/${first}`, `Field '${first}' is required`);
    for (const key of Object.keys(given)) {
      if (!known.includes(key))
        report(`${place}/${key}`, `Field '${key}' is not supported; known are ${known.join(', ')}`);
    }
  }
}

function lintWait(state: WaitState, place: string, report: ReportFault): void {
  if ((state.Seconds === undefined) === (state.Timestamp === undefined)) {
    report(place, "Exactly one of 'Seconds' and 'Timestamp' is required");
  }
}

function lintMap(state: MapState, place: string, report: ReportFault): void {
  if (state.ItemProcessor.distributed) return;
  for (const field of ['ToleratedFailurePercentage', 'ToleratedFailureCount', 'Label'] as const) {
    if (state[field] !== undefined) report(`${place}/${field}`, `Field '${field}' needs Mode DISTRIBUTED`);
  }
}
