import type { Application, Workplace } from '../application.ts';
import { SHAPES } from '../ledger/columns.ts';
import { openJournal } from './journal.ts';
import { nightlyStatement } from './nightly-job.ts';
import { readSomething } from './reads.ts';
import type { Scene } from './operation-context.ts';
import { createSignIns } from './sign-ins.ts';
import { writeSomething } from './writes.ts';

/** The reference application: its people sign in, read, and write what they make up; `clientId` null = nobody signs in. */
export function campaignsApplication(
  { seed, scale, clientId }: { readonly seed: number; readonly scale: number; readonly clientId: string | null },
  { client, ledger, meter, earlier, owners, random, mode }: Workplace,
): Application {
  const journal = openJournal(seed, scale, earlier);
  const known = earlier.flatMap((line) => ('signedIn' in line ? [line.signedIn] : []));
  const signIns = clientId === null ? null : createSignIns(clientId, known);
  const scenes = Array.from({ length: owners }, (_, worker): Scene => {
    return { client, journal, ledger, meter, random: random(worker), worker, owners, mode };
  });
  const sceneOf = (worker: number): Scene => {
    const scene = scenes[worker];
    if (scene === undefined) throw new RangeError(`there is no worker ${worker}`);
    return scene;
  };
  return {
    shapes: SHAPES,
    seededRow: journal.seededRow,
    async operate(worker) {
      const scene = sceneOf(worker);
      const roll = scene.random.between(1, 100);
      if (roll <= 3 && signIns !== null) await signIns.signIn(scene);
      else if (roll <= 18) await writeSomething(scene);
      else await readSomething(scene);
    },
    async workAround(bypass) {
      const statement = nightlyStatement(sceneOf(owners - 1));
      if (statement !== null) await bypass.run(statement);
    },
  };
}
