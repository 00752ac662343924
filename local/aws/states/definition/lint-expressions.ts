import { compile, isExpression } from '../expression/expression.ts';
import { messageOf } from '../model/failure.ts';
import type { ReportFault } from './fault.ts';
import type { Graph, State } from './schema.ts';

/** Compiles every expression of a state and reports what AWS does not allow in one. */
export function lintExpressions(state: State, place: string, report: ReportFault): void {
  for (const [field, value] of Object.entries(state)) {
    // Nested machines are linted state by state; names and texts are never expressions.
    if (!['Branches', 'ItemProcessor', 'Comment', 'Resource', 'Next', 'Type'].includes(field)) {
      visit(value, `${place}/${field}`, report);
    }
  }
}

function visit(value: unknown, place: string, report: ReportFault): void {
  if (typeof value === 'string') {
    lintText(value, place, report);
  } else if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) visit(part, `${place}[${index}]`, report);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) visit(part, `${place}/${key}`, report);
  }
}

function lintText(text: string, place: string, report: ReportFault): void {
  if (!isExpression(text)) {
    const trimmed = text.trim();
    if (trimmed.startsWith('{%') || trimmed.endsWith('%}')) {
      report(place, "'{%' and '%}' must be the first and the last characters of the string");
    }
    return;
  }
  try {
    const ast: unknown = compile(text).ast();
    if (usesVariable(ast, 'eval')) report(place, '$eval is not supported');
    if (usesVariable(ast, '$')) report(place, '$$ is not supported');
    if (startsAtContext(ast)) report(place, 'A top-level $ is not supported, use $states.input');
  } catch (error) {
    report(place, `Invalid JSONata expression: ${messageOf(error)}`);
  }
}

function member(node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  const entry: [string, unknown] | undefined = Object.entries(node).find(([name]) => name === key);
  return entry?.[1];
}

function usesVariable(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (member(node, 'type') === 'variable' && member(node, 'value') === name) return true;
  return Object.values(node).some((part) => usesVariable(part, name));
}

/** Follows an expression only to where no step, predicate or function body has given `$` a meaning. */
function startsAtContext(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(startsAtContext);
  const parts = (...keys: string[]): boolean => keys.some((key) => startsAtContext(member(node, key)));
  switch (member(node, 'type')) {
    case 'variable':
      return member(node, 'value') === '';
    case 'path': {
      const steps = member(node, 'steps');
      return Array.isArray(steps) && startsAtContext(steps[0]);
    }
    case 'block':
      return parts('expressions');
    case 'condition':
      return parts('condition', 'then', 'else');
    case 'binary':
    case 'apply':
      return parts('lhs', 'rhs');
    case 'bind':
      return parts('rhs');
    case 'function':
      return parts('arguments');
    case 'unary':
      return parts('lhs', 'expressions', 'expression');
    default:
      return false;
  }
}

/** Checks the names that a graph assigns, against each other and the outer scope; answers all that are visible inside. */
export function lintVariables(
  graph: Graph,
  path: string,
  outer: ReadonlySet<string>,
  report: ReportFault,
): ReadonlySet<string> {
  const visible = new Set(outer);
  for (const [state, place] of [...graph.States].map(([name, state]) => [state, `${path}/States/${name}`] as const)) {
    for (const { names, field } of assignments(state)) {
      for (const name of names) {
        const at = `${place}/${field}/${name}`;
        if (!/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name)) report(at, `'${name}' is not a variable name`);
        if (name === 'states') report(at, "'states' is reserved");
        if (outer.has(name)) report(at, `Variable '${name}' is assigned in an outer scope and cannot be assigned here`);
        visible.add(name);
      }
    }
  }
  return visible;
}

function assignments(state: State): { field: string; names: string[] }[] {
  const list: { field: string; names: string[] }[] = [];
  const add = (field: string, assign: object | undefined): void => {
    if (assign) list.push({ field, names: Object.keys(assign) });
  };
  if ('Assign' in state) add('Assign', state.Assign);
  if (state.Type === 'Choice') {
    for (const [index, rule] of state.Choices.entries()) add(`Choices[${index}]/Assign`, rule.Assign);
  }
  if ('Catch' in state) {
    for (const [index, catcher] of (state.Catch ?? []).entries()) add(`Catch[${index}]/Assign`, catcher.Assign);
  }
  return list;
}
