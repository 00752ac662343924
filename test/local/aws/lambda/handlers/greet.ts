import type { InvocationContext } from '../../../../../local/aws/lambda/instance.ts';

let runs = 0;

/** A function for tests: answers with what it was given and what it knows of its run. */
export const handler = (
  event: unknown,
  context: InvocationContext & { getRemainingTimeInMillis(): number },
): unknown => {
  runs += 1;
  return {
    event,
    runs,
    name: context.functionName,
    left: context.getRemainingTimeInMillis(),
    environment: Object.keys(process.env).toSorted(),
    bucket: process.env['PORTAGE_BUCKET'] ?? null,
  };
};
