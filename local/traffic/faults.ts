import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { Table } from '../../src/domain/ports/table.ts';

/** `read-errors@50`: what breaks, and at which share of reads from DynamoDB. */
export interface TrafficFault {
  readonly name: 'read-errors';
  readonly percent: number;
}

/** Share of the reads that fail while the fault lasts: well above any guard's limit, well below an outage. */
const ERROR_SHARE = 0.4;

export function parseFault(text: string): TrafficFault {
  const match = /^(read-errors)@(\d{1,3})$/.exec(text);
  if (match === null) {
    throw new Error(`--fault ${text} is not known; give read-errors@PERCENT, for instance read-errors@50`);
  }
  return { name: 'read-errors', percent: Number(match[2]) };
}

/** Wraps the table so that it throws DynamoDB's kind of error at the stage that the fault names. */
export function withFault(table: Table, fault: () => TrafficFault | null, mode: () => ModeState | null): Table {
  const strike = (): void => {
    const active = fault();
    const state = mode();
    if (active === null || state?.mode !== 'reads' || state.readPercent !== active.percent) return;
    if (Math.random() < ERROR_SHARE) throw new InjectedReadError();
  };
  return {
    insertAbsent: (items) => table.insertAbsent(items),
    putNewer: (item) => table.putNewer(item),
    putIfSeen: (item, seen) => table.putIfSeen(item, seen),
    transact: (items, intent, token) => table.transact(items, intent, token),
    scan: (segment, segments, after) => table.scan(segment, segments, after),
    async get(keys, options) {
      strike();
      return table.get(keys, options);
    },
    async query(query) {
      strike();
      return table.query(query);
    },
  };
}

class InjectedReadError extends Error {
  override readonly name = 'InternalServerError';
  readonly retryable = true;

  constructor() {
    super('injected by --fault read-errors: DynamoDB could not answer this read');
  }
}
