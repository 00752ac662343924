import jsonata from 'jsonata';

/** A value of one period; undefined where there is none. */
export type Value = number | undefined;

/** A metric math expression over the values of one period. */
export interface MetricMath {
  /** The queries that it refers to, by their ids. */
  readonly ids: readonly string[];
  evaluate(values: ReadonlyMap<string, Value>): Promise<Value>;
}

/** Functions of metric math that one period's values are enough for. */
const FUNCTIONS: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
  ABS: (value) => (typeof value === 'number' ? Math.abs(value) : undefined),
  CEIL: (value) => (typeof value === 'number' ? Math.ceil(value) : undefined),
  FILL: (value, otherwise) => value ?? otherwise,
  FLOOR: (value) => (typeof value === 'number' ? Math.floor(value) : undefined),
  IF: (condition, yes, no) =>
    condition === undefined ? undefined : condition === true || isNotZero(condition) ? yes : no,
  MAX: (...values) => Math.max(...numbersIn(values)),
  MIN: (...values) => Math.min(...numbersIn(values)),
};

const WORD = /[A-Za-z_]\w*/g;
const OPERATORS: Readonly<Record<string, string>> = {
  '&&': ' and ',
  '||': ' or ',
  '==': '=',
  AND: ' and ',
  OR: ' or ',
};

/**
 * Reads an expression of CloudWatch's metric math: arithmetic, comparisons, AND, OR and the functions above, which JSONata has in nearly the
 * same form. Throws one line that names whatever else it uses.
 */
export function metricMath(text: string, queries: ReadonlySet<string>): MetricMath {
  const words = [...new Set(text.match(WORD))];
  const unknown = words.find(
    (word) => !queries.has(word) && !Object.hasOwn(FUNCTIONS, word) && !Object.hasOwn(OPERATORS, word),
  );
  if (unknown !== undefined)
    throw new Error(
      `the expression "${text}" uses ${unknown}, which is no metric of it and no function that runs locally`,
    );
  const translated = text
    .replaceAll(/&&|\|\||==|\b(?:AND|OR)\b/g, (operator) => OPERATORS[operator] ?? operator)
    .replaceAll(WORD, (word) => (word === 'and' || word === 'or' ? word : `$${word}`));
  const expression = compile(text, translated);
  for (const [name, run] of Object.entries(FUNCTIONS)) expression.registerFunction(name, run);
  return {
    ids: words.filter((word) => queries.has(word)),
    evaluate: async (values) => {
      try {
        const result: unknown = await expression.evaluate({}, Object.fromEntries(values));
        return typeof result === 'boolean' ? Number(result) : finite(result);
      } catch (error) {
        // A division by zero has no value; JSONata refuses it as a number out of range.
        if (error instanceof Object && 'code' in error && error.code === 'D1001') return undefined;
        throw error;
      }
    },
  };
}

/** A number as a condition. */
function isNotZero(condition: unknown): boolean {
  return typeof condition === 'number' && condition !== 0;
}

function compile(text: string, translated: string): jsonata.Expression {
  try {
    return jsonata(translated);
  } catch (error) {
    const reason = error instanceof Object && 'message' in error ? String(error.message) : String(error);
    throw new Error(`the expression "${text}" does not run locally: ${reason}`, { cause: error });
  }
}

function finite(value: unknown): Value {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function numbersIn(values: readonly unknown[]): readonly number[] {
  return values.flat().filter((value) => typeof value === 'number');
}
