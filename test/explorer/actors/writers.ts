import { writeTarget } from '../../../src/client/write/target-write.ts';
import { LeaseExpired, WritesStopped } from '../../../src/domain/errors.ts';
import type { ApplicationValue } from '../../../src/domain/mapping/items/application-row.ts';
import { isBodyRef, type RowImage } from '../../../src/domain/row.ts';
import { writesTo } from '../../../src/domain/mode/modes.ts';
import { dualWrite } from '../../../src/domain/protocol/dual-write.ts';
import { asked, createCaptured, createPorts, type Ports, type Write } from './ports.ts';
import type { Call, Script } from './process.ts';
import { ENTITY, GENERATION, MAPPING } from '../model/rows.ts';

/** Twice what one pause after a conflict takes: a second attempt, and no third. */
const DEADLINE_MS = 15;

/** What takes a defence of the dual write away; each wraps the ports it gets. */
export interface DualBroken {
  readonly ports?: (ports: Ports) => Ports;
  /** Numbers are taken before the lock. */
  readonly numberFirst?: boolean;
  /** One idempotency token for all attempts, or for all writers. */
  readonly token?: (name: string, attempt: number) => string;
  readonly unmarked?: boolean;
  readonly marksLate?: boolean;
}

/** The client's dual write. */
export function dual(name: string, writes: readonly Write[], broken: DualBroken = {}): Script {
  return async (call) => {
    await carry(call, name, writes, { generation: GENERATION, checkLease: () => {} }, broken);
    return 'acknowledged';
  };
}

interface Standing {
  readonly generation: number;
  readonly checkLease: () => void;
  readonly hook?: (step: string) => Promise<void>;
}

async function carry(
  call: Call,
  name: string,
  writes: readonly Write[],
  standing: Standing,
  broken: DualBroken,
): Promise<void> {
  const {
    ports = (whole) => whole,
    numberFirst = false,
    unmarked = false,
    marksLate = false,
    token = tokenOf,
  } = broken;
  const { source, write } = createCaptured(call, {
    name,
    numberFirst,
    unmarked,
    marksLate,
    generation: standing.generation,
  });
  let ids = 0;
  await dualWrite(
    { ...ports(createPorts(call)), captured: source, uuid: () => (ids++ === 0 ? name : token(name, ids - 1)) },
    { mapping: MAPPING, deadlineMs: DEADLINE_MS, background: (work) => void work.catch(() => {}), ...standing },
    async () => {
      for (const each of writes) await write(each);
    },
  );
}

function tokenOf(name: string, attempt: number): string {
  return `${name}.${attempt}`;
}

/** A writer that knows nothing of the migration (RACE-6), with synchronous_commit = off: the most that one can do to us. */
export function bypass(name: string, writes: readonly Write[]): Script {
  return async (call) => {
    await plain(call, name, writes, false);
    return 'ended';
  };
}

async function plain(call: Call, name: string, writes: readonly Write[], durable: boolean): Promise<void> {
  for (const [at, { pk, row, behind }] of writes.entries()) {
    const op = { on: 'source', do: 'change', tx: name, first: at === 0, pk, row, behind: behind ?? null } as const;
    await asked(call, { ...op, txn: null, number: null }, 'changes');
  }
  await asked(call, { on: 'source', do: 'commit', tx: name, durable }, 'done');
}

/** A client of the migrating application: asks for the mode, and writes where it says while its lease holds. */
export function client(name: string, write: Write, broken: DualBroken = {}): Script {
  return async (call) => {
    const { state } = await asked(call, { on: 'control', do: 'mode' }, 'mode');
    const { epoch, mode, generation } = state;
    const where = writesTo(mode);
    if (where === 'refused') throw new WritesStopped({ mode });
    if (where === 'source') {
      await plain(call, name, [write], true);
      return 'acknowledged';
    }
    // A process may be paused anywhere; whether the lease has held until now is what the last look at it says.
    let held = true;
    const look = async (): Promise<void> => {
      ({ held } = await asked(call, { on: 'control', do: 'lease', epoch }, 'lease'));
    };
    const checkLease = (): void => {
      if (!held) throw new LeaseExpired({ ageMs: 0, leaseMs: 0 });
    };
    if (where === 'target') {
      await inTarget(call, name, write, generation, look, checkLease);
      return 'written to DynamoDB';
    }
    const hook = (step: string): Promise<void> =>
      step === 'marked' || step === 'attempted' ? look() : Promise.resolve();
    await carry(call, name, [write], { generation, checkLease, hook }, broken);
    return 'acknowledged';
  };
}

/** `complete`: DynamoDB alone. */
async function inTarget(
  call: Call,
  name: string,
  { pk, row }: Write,
  generation: number,
  look: () => Promise<void>,
  checkLease: () => void,
): Promise<void> {
  const { table, bodies, clock } = createPorts(call);
  let ids = 0;
  await writeTarget(
    {
      table: {
        ...table,
        get: async (keys, options) => {
          const items = await table.get(keys, options);
          await look();
          return items;
        },
      },
      bodies,
      clock,
      mapping: MAPPING,
      generation,
      uuid: () => `${name}.${ids++}`,
      defaultsOf: () => Promise.resolve({}),
      checkLease,
      onWritten: () => {},
    },
    [row === null ? { delete: ENTITY, key: { id: pk } } : { put: ENTITY, row: applicationRow(row) }],
  );
}

function applicationRow(image: RowImage): Readonly<Record<string, ApplicationValue>> {
  return Object.fromEntries(Object.entries(image).map(([column, value]) => [column, isBodyRef(value) ? null : value]));
}
