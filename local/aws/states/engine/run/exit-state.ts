import { StateFailure } from '../../model/failure.ts';
import type { Frame } from '../../journal/frame.ts';
import { isObject, withinLimit, type Json, type JsonObject } from '../../model/json.ts';
import type { Run } from './run.ts';
import { evaluateField, type Visible } from './scope.ts';

/** How a state was left: what it hands on, what it assigned, and where to; null where its graph ends. */
export interface StateExit {
  readonly output: Json;
  readonly assigned: JsonObject;
  readonly next: string | null;
}

/** The fields that say how a state, a choice rule or a catcher ends. */
export interface ExitFields {
  readonly Output?: Json | undefined;
  readonly Assign?: Record<string, Json> | undefined;
  readonly Next?: string | undefined;
}

const MOST_VARIABLE_BYTES = 10 * 1024 * 1024;

/** Evaluates Assign and Output side by side: neither sees what the other does. Without Output the result is handed on. */
export async function exitState(run: Run, frame: Frame, ending: ExitFields, visible: Visible = {}): Promise<StateExit> {
  const assigned = ending.Assign ? await evaluateField(run, frame, 'Assign', ending.Assign, visible) : {};
  const plain = visible.errorOutput ?? visible.result ?? frame.input;
  const output =
    ending.Output === undefined ? plain : await evaluateField(run, frame, 'Output', ending.Output, visible);
  const variables = isObject(assigned) ? assigned : {};
  withinLimit(variables, `variables assigned by the state '${frame.state}'`);
  if (Object.keys(variables).length > 0) checkTotal(frame, variables);
  return {
    output: withinLimit(output, `output of the state '${frame.state}'`),
    assigned: variables,
    next: ending.Next ?? null,
  };
}

function checkTotal(frame: Frame, assigned: JsonObject): void {
  const total = JSON.stringify({ ...frame.variables, ...assigned });
  if (total.length > MOST_VARIABLE_BYTES) {
    throw new StateFailure('States.DataLimitExceeded', `The variables exceed ${MOST_VARIABLE_BYTES} bytes`);
  }
}
