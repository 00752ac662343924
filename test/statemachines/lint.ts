import * as z from 'zod';
import { FAILURES, THROTTLES } from '../../src/adapters/sdk/translated.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const matcher = z.looseObject({ ErrorEquals: z.array(z.string()), JitterStrategy: z.string().optional() });

const state: z.ZodType<State> = z.lazy(() =>
  z.looseObject({
    Type: z.string(),
    Comment: z.string().optional(),
    QueryLanguage: z.string().optional(),
    Arguments: z
      .looseObject({ FunctionName: z.string().optional(), StateMachineArn: z.string().optional() })
      .optional(),
    TimeoutSeconds: z.number().optional(),
    Default: z.string().optional(),
    Retry: z.array(matcher).optional(),
    Catch: z.array(matcher).optional(),
    ItemProcessor: graph.optional(),
    Branches: z.array(graph).optional(),
  }),
);
const graph = z.looseObject({ StartAt: z.string(), States: z.record(z.string(), state) });

interface Matcher {
  readonly ErrorEquals: readonly string[];
  readonly JitterStrategy?: string | undefined;
}
export interface State {
  readonly Type: string;
  readonly Comment?: string | undefined;
  readonly Arguments?:
    { readonly FunctionName?: string | undefined; readonly StateMachineArn?: string | undefined } | undefined;
  readonly TimeoutSeconds?: number | undefined;
  readonly Default?: string | undefined;
  readonly Retry?: readonly Matcher[] | undefined;
  readonly Catch?: readonly Matcher[] | undefined;
  readonly ItemProcessor?: Graph | undefined;
  readonly Branches?: readonly Graph[] | undefined;
}
interface Graph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface Placed {
  readonly name: string;
  readonly state: State;
  /** True inside a Map or Parallel that has a Catch of its own. */
  readonly covered: boolean;
}

/** All states of a definition, those of inner graphs among them. */
export function statesOf(definition: string): readonly Placed[] {
  return walk(graph.parse(JSON.parse(definition)), false);
}

function walk(inner: Graph, covered: boolean): readonly Placed[] {
  return Object.entries(inner.States).flatMap(([name, found]) => {
    const below = covered || found.Catch !== undefined;
    const graphs = [...(found.ItemProcessor ? [found.ItemProcessor] : []), ...(found.Branches ?? [])];
    return [{ name, state: found, covered }, ...graphs.flatMap((each) => walk(each, below))];
  });
}

/** Rules of CONTRIBUTING.md and limits of AWS that no validator knows, one line per finding. */
export function lint(definition: string, errorNames: ReadonlySet<string>): readonly string[] {
  const machine = z.looseObject({ QueryLanguage: z.literal('JSONata').optional(), Comment: z.string().optional() });
  const top = machine.parse(JSON.parse(definition));
  return [
    ...(top.QueryLanguage === 'JSONata' ? [] : ['QueryLanguage is not JSONata']),
    ...(top.Comment ? [] : ['the machine has no Comment']),
    ...strings(JSON.parse(definition)).flatMap(lintText),
    ...statesOf(definition).flatMap((placed) =>
      lintState(placed, errorNames).map((finding) => `${placed.name}: ${finding}`),
    ),
  ];
}

function lintState({ name, state: found, covered }: Placed, errorNames: ReadonlySet<string>): readonly string[] {
  const findings: string[] = [];
  if (!found.Comment) findings.push('no Comment');
  if (found.Type === 'Choice' && !found.Default) findings.push('a Choice without Default');
  if (found.Type === 'Fail') findings.push('a Fail state is all that a redrive would enter again');
  if (found.Type === 'Task') {
    if (found.TimeoutSeconds === undefined) findings.push('no TimeoutSeconds');
    if (!found.Retry?.length) findings.push('no Retry');
    const excused = covered || name === 'RecordFailure' || /Has no Catch: \S/.test(found.Comment ?? '');
    if (!found.Catch?.length && !excused) findings.push('no Catch, and the Comment does not say why');
  }
  for (const { ErrorEquals, JitterStrategy } of found.Retry ?? []) {
    if (JitterStrategy !== 'FULL') findings.push('a Retry without jitter');
    for (const error of ErrorEquals.filter((each) => each.startsWith('States.')))
      findings.push(`retries ${error}: name what is transient`);
  }
  for (const { ErrorEquals } of [...(found.Retry ?? []), ...(found.Catch ?? [])])
    for (const error of ErrorEquals.filter((each) => !isKnown(each, errorNames)))
      findings.push(`${error} is no error of errors.ts`);
  return findings;
}

function isKnown(error: string, errorNames: ReadonlySet<string>): boolean {
  return (
    errorNames.has(error) ||
    THROTTLES.has(error) ||
    FAILURES.has(error) ||
    /^(States|Lambda|Sandbox|Runtime|StepFunctions)\.\w+$/.test(error)
  );
}

function lintText(text: string): readonly string[] {
  if (/\?\?/.test(text)) return [`?? is not in JSONata 2.0.6: ${text}`];
  if (/\$eval\b/.test(text)) return [`$eval is refused by AWS: ${text}`];
  if (/\$\$/.test(text)) return [`$$ is refused by AWS: ${text}`];
  if (text.startsWith('$.') || text.includes('States.Format')) return [`JSONPath: ${text}`];
  return /\{%|%\}/.test(text) && !/^\{% .+ %\}$/s.test(text) ? [`{% expr %} fills the whole text: ${text}`] : [];
}

function strings(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((each: Json) => strings(each));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((each: Json) => strings(each)) : [];
}
