import * as z from 'zod';
import { isExpression } from '../expression/expression.ts';
import { jsonSchema } from '../model/json.ts';

/** The shapes of ASL's states, as far as this engine runs them. Unknown fields are refused. */

const LONGEST_SECONDS = 99_999_999;
const expression = z.string().refine(isExpression, 'must be a {% … %} expression');
const numberOrExpression = (number: z.ZodNumber, what: string) =>
  z.union([number, expression], { error: `must be ${what} or a {% … %} expression` });
const seconds = (from: number) =>
  numberOrExpression(
    z.number().int().min(from).max(LONGEST_SECONDS),
    `an integer from ${from} to ${LONGEST_SECONDS}`,
  ).optional();

const queryLanguage = z.literal('JSONata', { error: 'must be JSONata: JSONPath is not supported' }).optional();
const described = { Comment: z.string().optional(), QueryLanguage: queryLanguage };
const flow = { Next: z.string().optional(), End: z.boolean().optional() };
const output = { Output: jsonSchema.optional() };
const assign = { Assign: z.record(z.string(), jsonSchema).optional() };

const retrier = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.number().int().min(1).max(LONGEST_SECONDS).optional(),
  MaxAttempts: z.number().int().min(0).max(LONGEST_SECONDS).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.number().int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  Comment: z.string().optional(),
});
const catcher = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  Next: z.string(),
  Comment: z.string().optional(),
  ...assign,
  ...output,
});
const guarded = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };
/** Nested state machines are looked into one by one, so that a finding can name their states. */
const nested = z.record(z.string(), jsonSchema);
const amount = (what: string, max: number) =>
  numberOrExpression(z.number().min(0).max(max), `a number from 0 ${what}`).optional();

const task = z.strictObject({
  Type: z.literal('Task'),
  Resource: z.string(),
  Arguments: jsonSchema.optional(),
  TimeoutSeconds: seconds(1),
  HeartbeatSeconds: seconds(1),
  ...described,
  ...flow,
  ...output,
  ...assign,
  ...guarded,
});
const rule = z.strictObject({
  Condition: z.union([z.boolean(), expression], { error: 'must be a boolean or a {% … %} expression' }),
  Next: z.string(),
  Comment: z.string().optional(),
  ...assign,
  ...output,
});
const choice = z.strictObject({
  Type: z.literal('Choice'),
  Choices: z.array(rule).min(1),
  Default: z.string().optional(),
  ...described,
  ...output,
  ...assign,
});
const wait = z.strictObject({
  Type: z.literal('Wait'),
  Seconds: seconds(0),
  Timestamp: z.string().optional(),
  ...described,
  ...flow,
  ...output,
  ...assign,
});
const pass = z.strictObject({ Type: z.literal('Pass'), ...described, ...flow, ...output, ...assign });
const succeed = z.strictObject({ Type: z.literal('Succeed'), ...described, ...output });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  ...described,
});
const parallel = z.strictObject({
  Type: z.literal('Parallel'),
  Branches: z.array(nested).min(1),
  Arguments: jsonSchema.optional(),
  ...described,
  ...flow,
  ...output,
  ...assign,
  ...guarded,
});
const map = z.strictObject({
  Type: z.literal('Map'),
  Items: z.union([z.array(jsonSchema), expression], { error: 'must be an array or a {% … %} expression' }).optional(),
  ItemSelector: jsonSchema.optional(),
  ItemProcessor: nested,
  MaxConcurrency: numberOrExpression(z.number().int().min(0), 'an integer from 0').optional(),
  ToleratedFailurePercentage: amount('to 100', 100),
  ToleratedFailureCount: amount('up', Number.MAX_SAFE_INTEGER),
  Label: z.string().max(40).optional(),
  ...described,
  ...flow,
  ...output,
  ...assign,
  ...guarded,
});

export const stateSchemas = {
  Task: task,
  Choice: choice,
  Wait: wait,
  Pass: pass,
  Succeed: succeed,
  Fail: fail,
  Parallel: parallel,
  Map: map,
} as const;

export const graphSchema = z.strictObject({
  StartAt: z.string(),
  States: z.record(z.string(), z.record(z.string(), jsonSchema)),
  Comment: z.string().optional(),
  QueryLanguage: queryLanguage,
});
export const machineSchema = graphSchema.extend({
  Version: z.string().optional(),
  TimeoutSeconds: z.number().int().min(1).max(LONGEST_SECONDS).optional(),
});
export const processorSchema = graphSchema.extend({
  ProcessorConfig: z
    .strictObject({
      Mode: z.enum(['INLINE', 'DISTRIBUTED']).optional(),
      ExecutionType: z.literal('STANDARD', { error: 'must be STANDARD: EXPRESS is not supported' }).optional(),
    })
    .optional(),
});

export type Retrier = z.infer<typeof retrier>;
export type Catcher = z.infer<typeof catcher>;
export type TaskState = z.infer<typeof task>;
export type ChoiceState = z.infer<typeof choice>;
export type WaitState = z.infer<typeof wait>;
export type PassState = z.infer<typeof pass>;
export type SucceedState = z.infer<typeof succeed>;
export type FailState = z.infer<typeof fail>;
export type ParallelState = Omit<z.infer<typeof parallel>, 'Branches'> & { readonly Branches: readonly Graph[] };
export type MapState = Omit<z.infer<typeof map>, 'ItemProcessor'> & {
  readonly ItemProcessor: Graph & { readonly distributed: boolean };
};
export type State =
  TaskState | ChoiceState | WaitState | PassState | SucceedState | FailState | ParallelState | MapState;

/** States that lead to each other: a machine, a branch, or what a Map does with each item. */
export interface Graph {
  readonly StartAt: string;
  readonly States: ReadonlyMap<string, State>;
}
export interface Definition extends Graph {
  readonly TimeoutSeconds?: number | undefined;
}
