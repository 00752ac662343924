import { evaluate } from '../../expression/expression.ts';
import { StateFailure } from '../../model/failure.ts';
import { itemAround, visibleVariables, type Frame } from '../../journal/frame.ts';
import { event } from '../../journal/history.ts';
import { machineName } from '../../model/arn.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Run } from './run.ts';

/** What a field may see besides the state's input, the variables and the context object. */
export interface Visible {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly token?: string | null;
  readonly item?: { readonly Index: number; readonly Value: Json };
}

/** Evaluates a field of the state in which the frame stands; a failed evaluation gets its event in the history. */
export async function evaluateField(
  run: Run,
  frame: Frame,
  field: string,
  template: Json,
  visible: Visible = {},
): Promise<Json> {
  const states: JsonObject = { input: frame.input, context: context(run, frame, visible) };
  if (visible.result !== undefined) states['result'] = visible.result;
  if (visible.errorOutput !== undefined) states['errorOutput'] = visible.errorOutput;
  const bindings = { ...visibleVariables(run.state.frames, frame), states };
  try {
    return await evaluate(template, bindings, run.services.clock.now(), field);
  } catch (error) {
    if (error instanceof StateFailure) {
      const details = { error: error.error, cause: error.reason, location: field, state: frame.state };
      run.step(frame.path, { events: [event('EvaluationFailed', details)] });
    }
    throw error;
  }
}

/** Evaluates a field that must be a number within bounds, where it is present. */
export async function evaluateNumber(
  run: Run,
  frame: Frame,
  field: string,
  template: number | string | undefined,
  bounds: { readonly min: number; readonly max?: number; readonly integer?: boolean },
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluateField(run, frame, field, template);
  const { min, max = Infinity, integer = true } = bounds;
  const valid = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (valid) return value;
  throw unusable(field, `${integer ? 'an integer' : 'a number'} of at least ${min}`, value);
}

/** The failure of a field whose value has the wrong type. */
export function unusable(field: string, expected: string, value: Json): StateFailure {
  const shown = JSON.stringify(value).slice(0, 200);
  return new StateFailure('States.QueryEvaluationError', `The field '${field}' must be ${expected}, not ${shown}`);
}

function context(run: Run, frame: Frame, { token, item }: Visible): JsonObject {
  const { start, frames, redriveCount, redriveDate } = run.state;
  const around = item ?? itemAround(frames, frame);
  return {
    Execution: {
      Id: start.arn,
      Input: start.input,
      Name: start.name,
      RoleArn: start.roleArn,
      StartTime: new Date(start.startDate).toISOString(),
      RedriveCount: redriveCount,
      ...(redriveDate !== null && { RedriveTime: new Date(redriveDate).toISOString() }),
    },
    State: {
      EnteredTime: new Date(frame.enteredAt).toISOString(),
      Name: frame.state,
      RetryCount: frame.retryCount,
    },
    StateMachine: { Id: start.machineArn, Name: machineName(start.machineArn) },
    ...(token && { Task: { Token: token } }),
    ...(around && { Map: { Item: { Index: around.Index, Value: around.Value } } }),
  };
}
