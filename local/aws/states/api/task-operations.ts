import * as z from 'zod';
import { operation, payload, type StatesOperation } from './operation.ts';

const token = { taskToken: z.string().min(1).max(2048) };

/** The actions of those who hold task tokens. */
export const taskOperations: Readonly<Record<string, StatesOperation>> = {
  SendTaskSuccess: operation(z.object({ ...token, output: z.string() }), ({ executions }, { taskToken, output }) => {
    const task = executions.tokens.find(taskToken);
    task.answer({ output: payload(output, 'InvalidOutput') });
    return {};
  }),
  SendTaskFailure: operation(
    z.object({ ...token, error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() }),
    ({ executions }, { taskToken, error, cause }) => {
      executions.tokens.find(taskToken).answer({ error: error ?? '', cause: cause ?? '' });
      return {};
    },
  ),
  SendTaskHeartbeat: operation(z.object(token), ({ executions }, { taskToken }) => {
    executions.tokens.find(taskToken).heartbeat();
    return {};
  }),
};
