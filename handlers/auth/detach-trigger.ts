import * as z from 'zod';
import { stackAnswer, userTrigger } from '../wiring/aws.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Detaches the trigger before CloudFormation deletes its function: without it every sign-in of an unknown name would fail. */
export const handler = makeHandler({
  uses: { userTrigger, stackAnswer },
  event: z.object({
    RequestType: z.enum(['Create', 'Update', 'Delete']),
    ResponseURL: z.string(),
    StackId: z.string(),
    RequestId: z.string(),
    LogicalResourceId: z.string(),
    ResourceProperties: z.object({ FunctionArn: z.string() }),
  }),
  run: async ({ RequestType, ResourceProperties: { FunctionArn }, ...request }, { userTrigger, stackAnswer }) => {
    let failure: string | null = null;
    try {
      const attached = RequestType === 'Delete' && (await userTrigger.trigger()) === FunctionArn;
      if (attached) await userTrigger.setTrigger(null);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await stackAnswer.send(request, FunctionArn, failure);
    return { detached: RequestType === 'Delete' && failure === null };
  },
});
