import type { ExitFields } from '../run/exit-state.ts';
import { StateFailure } from '../../model/failure.ts';
import type { Frame } from '../../journal/frame.ts';
import type { Run } from '../run/run.ts';
import type { ChoiceState } from '../../definition/schema.ts';
import { evaluateField, unusable } from '../run/scope.ts';

/** The first rule whose condition is true; without one, the default with the state's own Assign and Output. */
export async function chooseRule(run: Run, frame: Frame, state: ChoiceState): Promise<ExitFields> {
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await evaluateField(run, frame, field, rule.Condition);
    if (typeof holds !== 'boolean') throw unusable(field, 'a boolean', holds);
    if (holds) return { Next: rule.Next, Assign: rule.Assign, Output: rule.Output };
  }
  if (state.Default !== undefined) return { Next: state.Default, Assign: state.Assign, Output: state.Output };
  throw new StateFailure('States.NoChoiceMatched', `No rule of the state '${frame.state}' holds and it has no Default`);
}
