import type { Application, ApplicationContext } from '../application.ts';
import { SHAPES } from '../ledger/columns.ts';
import { openCampaignRows } from './campaign-rows.ts';
import { nightlyStatement } from './nightly-job.ts';
import { readSomething } from './reads.ts';
import type { OperationContext } from './operation-context.ts';
import { createSignIns } from './sign-ins.ts';
import { writeSomething } from './writes.ts';

/**
 * The reference application: its users sign in, read, and write generated data; `clientId` null =
 * no sign-ins.
 */
export function campaignsApplication(
  { seed, scale, clientId }: { readonly seed: number; readonly scale: number; readonly clientId: string | null },
  { client, ledger, trafficMetrics, earlier, owners, random, mode }: ApplicationContext,
): Application {
  const campaignRows = openCampaignRows(seed, scale, earlier);
  const known = earlier.flatMap((line) => ('signedIn' in line ? [line.signedIn] : []));
  const signIns = clientId === null ? null : createSignIns(clientId, known);
  const contexts = Array.from({ length: owners }, (_, worker): OperationContext => {
    return { client, campaignRows, ledger, trafficMetrics, random: random(worker), worker, owners, mode };
  });
  const contextOf = (worker: number): OperationContext => {
    const context = contexts[worker];
    if (context === undefined) throw new RangeError(`there is no worker ${worker}`);
    return context;
  };
  return {
    shapes: SHAPES,
    seededRow: campaignRows.seededRow,
    async operate(worker) {
      const context = contextOf(worker);
      const roll = context.random.between(1, 100);
      if (roll <= 3 && signIns !== null) await signIns.signIn(context);
      else if (roll <= 18) await writeSomething(context);
      else await readSomething(context);
    },
    async runBypassJob(bypass) {
      const statement = nightlyStatement(contextOf(owners - 1));
      if (statement !== null) await bypass.run(statement);
    },
  };
}
