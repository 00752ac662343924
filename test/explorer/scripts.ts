import { dualWrite } from '../../src/domain/protocol/dual-write.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { asked, createCaptured, createPorts, type Write } from './ports.ts';
import type { Script } from './process.ts';
import { AT, GENERATION, MAPPING } from './rows.ts';

/** Twice what one pause after a conflict takes: a second attempt, and no third. */
const DEADLINE_MS = 15;

/** The client's dual write. */
export function dual(name: string, writes: readonly Write[], numberFirst = false): Script {
  return async (call) => {
    const ports = createPorts(call);
    const { source, write } = createCaptured(call, { name, numberFirst });
    let ids = 0;
    await dualWrite(
      { ...ports, captured: source, uuid: () => (ids++ === 0 ? name : `${name}.${ids - 1}`) },
      {
        mapping: MAPPING,
        generation: GENERATION,
        checkLease: () => {},
        deadlineMs: DEADLINE_MS,
        background: (work) => void work.catch(() => {}),
      },
      async () => {
        for (const each of writes) await write(each);
      },
    );
    return 'acknowledged';
  };
}

/** A writer that knows nothing of the migration (RACE-6). `durable` false: synchronous_commit = off. */
export function bypass(name: string, writes: readonly Write[], durable = false): Script {
  return async (call) => {
    for (const [at, { pk, row, behind }] of writes.entries()) {
      const op = { on: 'source', do: 'change', tx: name, first: at === 0, pk, row, behind: behind ?? null } as const;
      await asked(call, { ...op, txn: null, number: null }, 'changes');
    }
    await asked(call, { on: 'source', do: 'commit', tx: name, durable }, 'done');
    return durable ? 'acknowledged' : 'ended';
  };
}

/** One pass of the relay. */
export const relay: Script = async (call) => {
  await relayOnce(createPorts(call), { mapping: MAPPING, generation: GENERATION, limit: 10, at: AT });
  return 'ended';
};

/** One pass of the sweeper. */
export const sweeper: Script = async (call) => {
  await sweep(createPorts(call), { mapping: MAPPING, generation: GENERATION, at: AT, oldAfterMs: 0 });
  return 'ended';
};
