import * as z from 'zod';
import { connectionInfo } from '../../local/engines/connection-info.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { givenPart, liveBytes } from '../live-memory.ts';
import { type Attached, attach, GENERATION } from './bench-environment.ts';

const part = z.object({
  facts: connectionInfo,
  work: z.enum(['load', 'relay']),
  rows: z.number(),
  /** The rows that are meant come after this one. */
  after: z.number(),
  target: z.enum(['DynamoDB Local', 'stand-in']),
});
export type MemoryPart = z.infer<typeof part>;

/** Each sample costs a garbage collection. */
const LOOK_EVERY = 5_000;
const RELAYED_AT_ONCE = 500;

const { facts, work, rows, after, target } = part.parse(givenPart());
const attached = await attach(facts);
const ports = { ...attached, ...attached.connected, ...(target === 'stand-in' ? { table: standIn(attached) } : {}) };
let [most, looked] = [0, 0];
const done = work === 'load' ? await load() : await relay();
if (done !== rows) throw new Error(`${done} of ${rows} rows passed`);
process.send?.({ liveBytes: most, residentBytes: process.resourceUsage().maxRSS * 1024 });
await attached.connected.close();

/** Accepts every item and keeps none. */
function standIn({ connected }: Attached): Table {
  return {
    ...connected.table,
    insertAbsent: (items) => Promise.resolve(items.map(() => 'inserted')),
    putNewer: () => Promise.resolve({ kind: 'written' }),
  };
}

function lookAt(passed: number): void {
  if (passed < looked + LOOK_EVERY) return;
  looked = passed;
  most = Math.max(most, liveBytes());
}

async function load(): Promise<number> {
  const { rows: passed } = await loadRange(ports, {
    entity: ports.entity,
    generation: GENERATION,
    range: { after: [String(after)], upTo: [String(after + rows)] },
    from: null,
    reload: false,
    at: '',
    save: (checkpoint) => Promise.resolve(lookAt(checkpoint.rows)),
  });
  return passed;
}

async function relay(): Promise<number> {
  const options = { mapping: ports.mapping, generation: GENERATION, limit: RELAYED_AT_ONCE, at: '' };
  for (let passed = 0; ;) {
    const round = await relayOnce(ports, options);
    passed += round.done;
    lookAt(passed);
    if (!round.more) return passed;
  }
}
