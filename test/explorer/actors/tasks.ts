import { tombstoneStaleItems } from '../../../src/domain/protocol/tombstone-stale-items.ts';
import { loadRange } from '../../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../../src/domain/protocol/relay.ts';
import { repair } from '../../../src/domain/protocol/repair.ts';
import { sweep } from '../../../src/domain/protocol/sweep.ts';
import { asked, createPorts, type Ports } from './ports.ts';
import type { Call, Script } from './process.ts';
import { AT, GENERATION, MAPPING, TABLE, THING } from '../model/rows.ts';

type Wrap = (ports: Ports) => Ports;

const whole: Wrap = (ports) => ports;

/** One pass of the relay. */
export function relay(wrap = whole): Script {
  return async (call) => {
    await relayOnce(wrap(createPorts(call)), { mapping: MAPPING, generation: GENERATION, limit: 10, at: AT });
    return 'ended';
  };
}

/** One pass of the sweeper. */
export function sweeper(wrap = whole): Script {
  return async (call) => {
    await sweep(wrap(createPorts(call)), { mapping: MAPPING, generation: GENERATION, at: AT, oldAfterMs: 0 });
    return 'ended';
  };
}

/** `verify --repair` of one key that it holds for wrong, rightly or not. */
export function repairer(pk: string, wrap = whole): Script {
  return async (call) => {
    const key = { PK: `THING#${pk}`, SK: 'THING#home' };
    return repair(
      wrap(createPorts(call)),
      { mapping: MAPPING, generation: GENERATION, at: AT },
      { relation: TABLE, pk: [pk], key },
    );
  };
}

/** The load of all rows, page by page, from where the last one came to. */
export function loader(pageSize: number, wrap = whole): Script {
  return async (call) => {
    await loadAll(call, GENERATION, pageSize, wrap);
    return 'ended';
  };
}

export async function loadAll(call: Call, generation: number, pageSize: number, wrap = whole): Promise<void> {
  const { value } = await asked(call, { on: 'control', do: 'checkpoint' }, 'checkpoint');
  await loadRange(wrap(createPorts(call)), {
    entity: THING,
    generation,
    range: { after: null, upTo: null },
    from: value,
    reload: generation > GENERATION,
    at: AT,
    pageSize,
    width: 1,
    save: async (checkpoint) =>
      void (await asked(call, { on: 'control', do: 'saveCheckpoint', value: checkpoint }, 'done')),
  });
}

/** What belongs to an older generation after the load: as `finish-load` does. */
export async function tombstoneStaleItemsOf(call: Call, generation: number): Promise<void> {
  await tombstoneStaleItems(createPorts(call).table, { generation, segment: 0, segments: 1, at: AT });
}

/** The scheduled relay: nothing to do before capture and after complete. */
export function relayTask(): Script {
  return async (call) => {
    const { state } = await asked(call, { on: 'control', do: 'mode' }, 'mode');
    const { mode, generation } = state;
    if (mode === 'off' || mode === 'complete') return 'ended';
    await relayOnce(createPorts(call), { mapping: MAPPING, generation, limit: 10, at: AT });
    return 'ended';
  };
}

/** The scheduled sweeper. */
export function sweepTask(): Script {
  return async (call) => {
    const { state } = await asked(call, { on: 'control', do: 'mode' }, 'mode');
    const { mode, generation } = state;
    if (mode === 'off' || mode === 'complete') return 'ended';
    await sweep(createPorts(call), { mapping: MAPPING, generation, at: AT, oldAfterMs: 0 });
    return 'ended';
  };
}
