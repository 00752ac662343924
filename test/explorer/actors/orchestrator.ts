import { encodeItem } from '../../../src/domain/mapping/items/encode.ts';
import { installGeneration } from '../../../src/domain/load/install.ts';
import type { Target } from '../../../src/domain/mode/transitions.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';
import { moveMode } from '../../../src/domain/progress/move-mode.ts';
import { isTombstone, keyOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import { relayOnce } from '../../../src/domain/protocol/relay.ts';
import { sweep } from '../../../src/domain/protocol/sweep.ts';
import { backlogReasons, readBacklog } from '../../../src/domain/window/backlog.ts';
import { asked, createPorts, type Ports } from './ports.ts';
import type { Call, Script } from './process.ts';
import { AT, CATALOGUE, MAPPING, PLAN, THING } from '../model/rows.ts';
import { nameOf } from '../model/target-model.ts';
import { tombstoneStaleItemsOf, loadAll } from './tasks.ts';

/** One stage of reads, so that the way from dual to complete is as short as it can be. */
const plan = planSchema.parse({ ...PLAN, cutover: { stages: [100] } });

/** What a state machine does, in order. */
export type Order =
  | { readonly move: Target }
  /** Lease plus T, as every `Wait` after a move. */
  | { readonly wait: 'settle' | 'leases' | 'requests' }
  | { readonly run: Run };

export type Run =
  | 'fence'
  | 'unfence'
  /** Capture, older writers ended, a generation begun, mode `capture`. */
  | 'install'
  | 'load'
  | 'tombstone stale items'
  | 'drain'
  | 'still drained'
  | 'verify'
  /** PostgreSQL comes back from a snapshot. */
  | 'restore';

/** What takes a defence of the orchestrator away. */
export interface OrchestratorBroken {
  /** Capture is installed again, and no generation begins. */
  readonly sameGeneration?: boolean;
  /** Transactions older than capture are not waited for. */
  readonly olderWritersStay?: boolean;
  /** Changes of the older generation are left to the relay of the new one. */
  readonly undischarged?: boolean;
}

/** An orchestrator: real moves, real waits, the real backlog; ends as `held` where a check holds it up. */
export function orchestrator(orders: readonly Order[], broken: OrchestratorBroken = {}): Script {
  return async (call) => {
    const ports = createPorts(call);
    const control = controlOf(call);
    for (const order of orders) {
      if ('move' in order) await moveMode(control, plan, order.move);
      else if ('wait' in order) await wait(call, order.wait);
      else if (!(await run(call, ports, control, order.run, broken))) return 'held';
    }
    return 'ended';
  };
}

async function wait(call: Call, kind: 'settle' | 'leases' | 'requests'): Promise<void> {
  if (kind !== 'requests') await asked(call, { on: 'control', do: 'awaitLeases' }, 'done');
  if (kind !== 'leases') await asked(call, { on: 'control', do: 'awaitRequests' }, 'done');
}

async function run(
  call: Call,
  ports: Ports,
  control: ControlTable,
  what: Run,
  broken: OrchestratorBroken,
): Promise<boolean> {
  switch (what) {
    case 'fence':
    case 'unfence':
    case 'restore':
      await asked(call, { on: 'source', do: what }, 'done');
      return true;
    case 'install':
      await install(call, ports, control, broken);
      return true;
    case 'load': {
      const { generation } = await control.mode();
      await loadAll(call, generation, 10);
      return true;
    }
    case 'tombstone stale items': {
      const { generation } = await control.mode();
      await tombstoneStaleItemsOf(call, generation);
      return true;
    }
    case 'drain': {
      const { generation } = await control.mode();
      await relayOnce(ports, { mapping: MAPPING, generation, limit: 10, at: AT });
      await sweep(ports, { mapping: MAPPING, generation, at: AT, oldAfterMs: 0 });
      return backlogReasons(await readBacklog(ports.changelog, ports.intents)).length === 0;
    }
    case 'still drained':
      return backlogReasons(await readBacklog(ports.changelog, ports.intents)).length === 0;
    case 'verify':
      return verify(ports);
  }
}

async function install(
  call: Call,
  { table }: Ports,
  control: ControlTable,
  { sameGeneration = false, olderWritersStay = false, undischarged = false }: OrchestratorBroken,
): Promise<void> {
  if (sameGeneration) {
    const { epoch, ...state } = await control.mode();
    await asked(call, { on: 'source', do: 'capture', generation: state.generation }, 'done');
    await control.move({ ...state, epoch }, { ...state, mode: 'capture' });
    return;
  }
  await installGeneration(
    {
      plan,
      control,
      table,
      capture: {
        catalogue: () => Promise.resolve(CATALOGUE),
        install: async (_, generation) => void (await asked(call, { on: 'source', do: 'capture', generation }, 'done')),
        openWriters: async () =>
          olderWritersStay ? [] : (await asked(call, { on: 'source', do: 'openWriters' }, 'writers')).writers,
        stillOpen: async (writers) =>
          (await asked(call, { on: 'source', do: 'stillOpen', writers }, 'writers')).writers,
        discharge: async () => {
          if (!undischarged) await asked(call, { on: 'source', do: 'discharge' }, 'done');
        },
        shardOwners: () => Promise.resolve({}),
        gaps: () => Promise.resolve([]),
      },
      time: { monotonic: () => 0, sleep: () => Promise.resolve() },
    },
    'run',
  );
}

/** Every row against its item and the other way round, once: what the final verification does with both stores at rest. */
async function verify({ rows, table }: Ports): Promise<boolean> {
  const found = await rows.page(THING.name, { after: null, upTo: null }, 10);
  const { items } = await table.scan(0, 1, null);
  const live = items.filter((item) => !isTombstone(item));
  const wanted = found.flatMap(({ image }) => encodeItem(THING, image, { version: 0, txn: null, at: '' }));
  const textOf = (all: readonly (typeof wanted)[number][]): string =>
    JSON.stringify(all.map((item) => [nameOf(keyOfItem(item)), item['value'], item['_of']]).sort());
  return textOf(wanted) === textOf(live);
}

/** The control table as the mode needs it; its records are of no account here. */
function controlOf(call: Call): ControlTable {
  return {
    mode: async () => (await asked(call, { on: 'control', do: 'mode' }, 'mode')).state,
    move: async ({ epoch }, to) => {
      await asked(call, { on: 'control', do: 'move', epoch, to }, 'done');
      return { ...to, epoch: epoch + 1 };
    },
    facts: (generation) => Promise.resolve({ generation, catalogue: CATALOGUE, shards: {} }),
    saveFacts: () => Promise.resolve(),
    read: () => Promise.resolve(null),
    write: () => Promise.resolve(1),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  };
}
