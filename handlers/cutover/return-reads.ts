import * as z from 'zod';
import { innermost } from '../../src/domain/progress/failure.ts';
import { settleSeconds } from '../../src/domain/progress/settings.ts';
import { rollBack } from '../../src/domain/recovery/return-reads.ts';
import { executionStop, notify } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim, failure } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { sourceAccess } from '../wiring/source.ts';

/** Returns reads to PostgreSQL at once if the failure requires it; never from `complete`. */
export const handler = makeHandler({
  uses: { control, plan, sourceAccess, executionStop, notify },
  writes: ['LOCK', 'GATE', 'MODE', 'FACTS'],
  event: lockClaim.extend({ failure, takesLock: z.boolean().default(false) }),
  run: async (event, { control, plan, sourceAccess, executionStop, notify }) => {
    const { state, returned } = await rollBack(
      { control, plan, sourceAccess, executions: executionStop },
      { ...event, failure: innermost(event.failure) },
    );
    if (returned) await notify.send(`Portage ${event.run}: reads are back on PostgreSQL`, event.failure.error);
    return { mode: state.mode, readPercent: state.readPercent, returned, settleSeconds: settleSeconds(plan) };
  },
});
