import jsonata from 'jsonata';
import { StateFailure, messageOf } from '../model/failure.ts';
import { registerFunctions } from './functions.ts';
import type { Json } from '../model/json.ts';

export type Bindings = Readonly<Record<string, Json>>;

/** True where `{%` and `%}` are the first and the last characters, which is what makes a string an expression. */
export function isExpression(value: string): boolean {
  return value.length >= 4 && value.startsWith('{%') && value.endsWith('%}');
}

const compiled = new Map<string, jsonata.Expression>();
/** Expressions stand in definitions, so that there are few; the bound only guards against a flood of definitions. */
const MOST_COMPILED = 10_000;

/** Compiles a `{% … %}` string; throws what JSONata says about it. */
export function compile(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known) return known;
  const expression = jsonata(text.slice(2, -2).trim());
  registerFunctions(expression);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(text, expression);
  return expression;
}

/**
 * Evaluates a template: every string that is an expression is replaced by its value, at any depth. Fails with
 * `States.QueryEvaluationError` where an expression fails or has no value. `now` is what `$now()` and `$millis()` show.
 */
export async function evaluate(template: Json, bindings: Bindings, now: number, path: string): Promise<Json> {
  if (typeof template === 'string') {
    return isExpression(template) ? evaluateExpression(template, bindings, now, path) : template;
  }
  if (Array.isArray(template)) {
    const values: Json[] = [];
    for (const [index, value] of template.entries()) {
      values.push(await evaluate(value, bindings, now, `${path}[${index}]`));
    }
    return values;
  }
  if (template === null || typeof template !== 'object') return template;
  const values: [string, Json][] = [];
  for (const [key, value] of Object.entries(template)) {
    values.push([key, await evaluate(value, bindings, now, `${path}/${key}`)]);
  }
  return Object.fromEntries(values);
}

async function evaluateExpression(text: string, bindings: Bindings, now: number, path: string): Promise<Json> {
  const failed = (reason: string): StateFailure =>
    new StateFailure(
      'States.QueryEvaluationError',
      `The JSONata expression '${text.slice(2, -2).trim()}' specified for the field '${path}' ${reason}`,
    );
  let value: unknown;
  let json: string | undefined;
  try {
    value = await compile(text).evaluate(undefined, { ...bindings, '#now': now });
    json = typeof value === 'function' || isLambda(value) ? undefined : JSON.stringify(value);
  } catch (error) {
    throw failed(`threw an error during evaluation. ${messageOf(error)}`);
  }
  if (value === undefined) throw failed('returned nothing (undefined).');
  if (json === undefined) throw failed('returned an unsupported result type.');
  // A copy: what JSONata answers may share parts with its input and carries marks of its own.
  const copy: Json = JSON.parse(json);
  return copy;
}

function isLambda(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value);
}
