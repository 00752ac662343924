import type { FunctionContext } from '../../../../../local/aws/lambda/function-context.ts';

let runs = 0;

/** A function for tests: answers with what it was given and what it knows of its run. */
export const handler = (event: unknown, context: FunctionContext): unknown => {
  runs += 1;
  return {
    event,
    runs,
    name: context.functionName,
    left: context.getRemainingTimeInMillis(),
    bucket: process.env['PORTAGE_BUCKET'] ?? null,
  };
};
