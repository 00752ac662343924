import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monotonicClock } from '../../src/adapters/clock/monotonic-clock.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import type { Documents } from '../../src/domain/ports/bodies.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { ReadSourceState } from '../../src/domain/ports/source-state.ts';
import { finishRun } from '../../src/domain/verification/run/finish-run.ts';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { planRun } from '../../src/domain/verification/run/plan-run.ts';
import { runRange, runSegment } from '../../src/domain/verification/run/run-part.ts';
import { INITIAL_MODE } from '../../src/domain/mode/modes.ts';
import { FULL } from '../../src/domain/verification/report/scope.ts';
import { givenPart, liveBytes } from '../live-memory.ts';
import { generate } from './generated.ts';

const EVERY_MS = 400;
const RUN = 'memory';

const sourceState: ReadSourceState = async () => ({
  'public.readings': { columns: '', storage: '', capture: 'all' },
});

const now = (): string => new Date().toISOString();

function notAsked(): never {
  throw new Error('a verification of generated stores does not ask for this');
}

/**
 * Verifies generated stores of a given size in this process, part by part like the functions, and reports the peak of live memory: what
 * remains after a collection, so that the collector's timing has no influence. Documents are files.
 */
async function main(size: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portage-bench-memory-'));
  const { plan, ...stores } = generate(size);
  const control = controlInMemory();
  const ports = {
    ...stores,
    control,
    documents: documentsIn(folder),
    sourceState,
    time: monotonicClock,
    limits: recheckLimits(plan),
    planHash: planHash(plan),
    sourceP99Ms: plan.verification.sourceP99Ms,
    changelog: {
      pending: notAsked,
      markDone: notAsked,
      park: notAsked,
      backlog: notAsked,
      status: notAsked,
      incarnation: notAsked,
      flush: notAsked,
      prune: notAsked,
    },
    missed: { list: () => Promise.resolve([]), delete: notAsked },
    intents: { get: notAsked, delete: notAsked, list: notAsked },
    metrics: { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() },
    catalogue: async () => stores.catalogue,
    plan,
  };
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, liveBytes());
  };
  const timer = setInterval(look, EVERY_MS);
  const began = performance.now();
  const request = { run: RUN, kind: 'on-demand', now: now(), scope: FULL, repair: false, showValues: false } as const;
  const { segments, ranges } = await planRun({ ...ports, pause: () => false }, request);
  for (const segment of segments) await runSegment(ports, { run: RUN, segment, now: now() });
  for (const range of ranges) await runRange(ports, { run: RUN, range, now: now() });
  const { clean, rowsCompared, mismatches, unverified } = await finishRun(ports, { run: RUN, now: now() });
  clearInterval(timer);
  look();
  rmSync(folder, { recursive: true, force: true });
  if (!clean || rowsCompared !== size) throw new Error(`${rowsCompared} of ${size} rows compared, clean: ${clean}`);
  process.send?.({
    rows: rowsCompared,
    findings: mismatches + unverified,
    peakMb: Math.round(peak / 2 ** 20),
    seconds: Math.round((performance.now() - began) / 1000),
  });
}

function documentsIn(folder: string): Documents {
  return {
    write: async (key, body) => {
      mkdirSync(dirname(join(folder, key)), { recursive: true });
      writeFileSync(join(folder, key), body);
    },
    read: async (key) => (existsSync(join(folder, key)) ? readFileSync(join(folder, key)) : null),
  };
}

function controlInMemory(): ControlTable {
  const records = new Map<string, string>();
  return {
    mode: async () => ({ ...INITIAL_MODE, mode: 'dual', epoch: 1, generation: 1 }),
    facts: async () => null,
    read: async (kind, id) => {
      const found = records.get(`${kind} ${id}`);
      return found === undefined ? null : { value: JSON.parse(found), revision: 1 };
    },
    write: async (kind, id, value) => {
      records.set(`${kind} ${id}`, JSON.stringify(value));
      return 1;
    },
    list: async (kind) =>
      [...records].flatMap(([key, value]) =>
        key.startsWith(`${kind} `) ? [{ id: key.slice(kind.length + 1), value: JSON.parse(value) }] : [],
      ),
    remove: async (kind, id) => void records.delete(`${kind} ${id}`),
    move: notAsked,
    saveFacts: notAsked,
  };
}

await main(Number(givenPart()));
