import { importUntil } from '../../src/domain/auth/import.ts';
import { compareRestored } from '../../src/domain/decommission/compare-restored.ts';
import { finishLoad, type UnfinishedLoad } from '../../src/domain/load/finish-load.ts';
import { loadSegment, planLoad } from '../../src/domain/load/run-load.ts';
import { BUDGET_MS } from '../../handlers/wiring/budgets.ts';
import { FULL } from '../../src/domain/verification/report/scope.ts';
import { planRun, readPlan } from '../../src/domain/verification/run/plan-run.ts';
import { RESULTS_AT_ONCE } from '../../src/domain/verification/run/finish-run.ts';
import { DOCUMENTS_AT_ONCE } from '../../src/domain/verification/run/run-part.ts';
import { machineOutput } from '../../src/domain/verification/report/machine-output.ts';
import { createSummary } from '../../src/domain/verification/report/summary.ts';
import { partKeys, type VerificationPlan } from '../../src/domain/verification/report/schema.ts';
import { RATES } from './rates.ts';
import {
  BODY_EACH,
  type Clock,
  createClock,
  createStores,
  notAsked,
  type Peaks,
  type Stores,
  USER_EACH,
} from './stores.ts';

/** What one kind of call amounts to in a migration. */
export interface Step {
  readonly machine: string;
  readonly state: string;
  /** The function, whose timeout is the limit of a call. */
  readonly fn: string;
  /** Calls in all executions, and the most in one of them. */
  readonly calls: number;
  readonly turns: number;
  /** Of the longest call. */
  readonly seconds: number;
  /** Of all calls together, where not all take as long as the longest. */
  readonly allSeconds?: number;
  /** Of the longest statement and of the largest response, where the call asks PostgreSQL. */
  readonly statementSeconds?: number;
  readonly answerBytes?: number;
  /** The largest that the call takes or returns. */
  readonly payloadBytes: number;
  /** Of the largest record of the control table that it writes. */
  readonly recordBytes?: number;
}

const NOW = '2026-11-29T00:00:00.000Z';

/** Calls of a migration of so many rows in so many tables, by the functions of the domain over stand-ins that count; several seconds of computing. */
export async function simulate(rows: number, tables: number): Promise<readonly Step[]> {
  const clock = createClock();
  const peaks: Peaks = { statementSeconds: 0, answerBytes: 0 };
  const stores = createStores(rows, tables, clock, peaks);
  const context = { rows, clock, peaks, stores };
  const load = await planOfLoad(context);
  const verification = await planOfVerification(context);
  return [
    load.step,
    await segmentOfLoad(context, load.largest, load.segments),
    await endOfLoad(context),
    verification.step,
    ...partsOfVerification(context, verification.plan),
    await comparison(context),
    ...(await importOfUsers(context)),
  ];
}

interface Context {
  readonly rows: number;
  readonly clock: Clock;
  readonly peaks: Peaks;
  readonly stores: Stores;
}

/** Calls until `call` says that nothing is left, each measured by the stand-ins' clock. */
async function callUntilDone({ clock, peaks }: Context, call: () => Promise<boolean>) {
  Object.assign(peaks, { statementSeconds: 0, answerBytes: 0 });
  let [calls, seconds] = [0, 0];
  for (let done = false; !done; calls++) {
    const began = clock.now();
    done = await call();
    seconds = Math.max(seconds, clock.now() - began);
  }
  return { calls, turns: calls, seconds, ...peaks };
}

async function planOfLoad(context: Context) {
  const { clock, stores } = context;
  let answer: unknown;
  let sizes: readonly number[] = [];
  const measured = await callUntilDone(context, async () => {
    const plan = await planLoad(stores, clock.budget(BUDGET_MS['plan-load']));
    if (plan === null) return false;
    answer = { planned: true, generation: 1, segments: plan.segments.map((_, at) => at), rows: plan.rows };
    sizes = plan.segments.map(
      ({ entity, range }) => rowAt(range.upTo, stores.sizes[entity] ?? 0) - rowAt(range.after, 0),
    );
    return true;
  });
  const payloadBytes = bytesOf(answer);
  return {
    step: {
      machine: 'load',
      state: 'PlanLoad',
      fn: 'plan-load',
      ...measured,
      payloadBytes,
      recordBytes: stores.recordBytes(),
    },
    largest: Math.max(...sizes),
    segments: sizes.length,
  };
}

async function segmentOfLoad(context: Context, largest: number, segments: number): Promise<Step> {
  const { clock, stores, rows } = context;
  let loaded = 0;
  const ports = {
    ...stores,
    changelog: { incarnation: async () => '1', flush: async () => {} },
    bodies: { put: notAsked, get: notAsked, size: notAsked, head: notAsked, digest: notAsked, list: notAsked },
  };
  const measured = await callUntilDone(context, async () => {
    const control = { pause: clock.budget(BUDGET_MS['load-segment'] / TENTH), sleep: async () => {} };
    loaded = (await loadSegment(ports, { generation: 2, segment: 0, now: NOW }, control)).rows;
    return true;
  });
  const perCall = loaded * TENTH;
  return {
    machine: 'load',
    state: 'LoadSegment',
    fn: 'load-segment',
    ...measured,
    seconds: measured.seconds * TENTH,
    calls: Math.ceil(rows / perCall) + segments,
    turns: Math.ceil(largest / perCall),
    payloadBytes: bytesOf({ run: 'r'.repeat(80), generation: 1, segment: segments, now: NOW }),
  };
}

/** A call that works as long as its budget allows is simulated for a tenth of it: computing every row would take minutes. */
const TENTH = 10;

async function endOfLoad(context: Context): Promise<Step> {
  const { clock, stores } = context;
  let unfinished: UnfinishedLoad | null = null;
  let payloadBytes = 0;
  // The segments are counted in the plan; their checkpoints stand for what the parts have written.
  const control = { ...stores.control, read: finishedLoad(stores) };
  const measured = await callUntilDone(context, async () => {
    const event = { generation: 2, now: NOW, from: unfinished };
    const answer = await finishLoad({ control, table: stores.table }, event, clock.budget(BUDGET_MS['finish-load']));
    payloadBytes = Math.max(payloadBytes, bytesOf(answer));
    unfinished = answer.unfinished;
    return unfinished === null;
  });
  const { calls, turns, seconds } = measured;
  return { machine: 'load', state: 'FinishLoad', fn: 'finish-load', calls, turns, seconds, payloadBytes };
}

function finishedLoad({ control }: Stores): Stores['control']['read'] {
  return async (kind, id) => {
    if (kind !== 'LOAD') return control.read(kind, id);
    const checkpoint = { after: null, rows: 1, items: 1, done: true };
    return { value: JSON.parse(JSON.stringify(checkpoint)), revision: 1 };
  };
}

async function planOfVerification(context: Context) {
  const { clock, stores, rows } = context;
  const documents = new Map<string, Uint8Array | string>();
  const ports = {
    ...stores,
    documents: {
      write: async (key: string, body: Uint8Array | string) => void documents.set(key, body),
      read: async (key: string) => Buffer.from(documents.get(key) ?? ''),
    },
    bodies: bodiesOf(Math.ceil(rows / BODY_EACH), clock),
    missed: { list: async () => [] },
    planHash: '',
    sourceState: async () =>
      Object.fromEntries(
        Object.keys(stores.sizes).map((name) => [
          `public.${name.toLowerCase()}`,
          { columns: '', storage: '', capture: 'all' as const },
        ]),
      ),
    catalogue: stores.rows.catalogue,
  };
  const reading = {
    ...ports,
    documents: {
      ...ports.documents,
      read: async (key: string) => (documents.has(key) ? ports.documents.read(key) : null),
    },
  };
  const request = { run: 'scale', kind: 'nightly', now: NOW, scope: FULL, repair: false, showValues: false } as const;
  let payloadBytes = 0;
  const measured = await callUntilDone(context, async () => {
    const answer = await planRun({ ...reading, pause: clock.budget(BUDGET_MS['plan-verification']) }, request);
    payloadBytes = bytesOf(answer);
    return answer.planned;
  });
  const plan = await readPlan(reading.documents, 'scale');
  if (plan === null) throw new Error('the verification was not planned');
  const step: Step = {
    machine: 'verify',
    state: 'PlanVerification',
    fn: 'plan-verification',
    ...measured,
    payloadBytes,
  };
  return { step, plan };
}

/** The bucket's listing, 1,000 keys a request, by digit. */
function bodiesOf(count: number, clock: Clock) {
  const perDigit = Math.ceil(count / 16);
  const listed = Array.from({ length: 1_000 }, () => ({
    sha256: '0'.repeat(64),
    bytes: 1,
    etag: '0'.repeat(32),
    isMd5: true,
  }));
  return {
    list: async (_: string, after: string | null) => {
      const end = Number(after ?? 0) + listed.length;
      // Sixteen listings run at once.
      clock.pass(RATES.s3.value / 16);
      return { bodies: listed, next: end < perDigit ? String(end) : null };
    },
  };
}

function partsOfVerification({ rows, stores }: Context, plan: VerificationPlan): readonly Step[] {
  const part = bytesOf({ run: 'r'.repeat(80), segment: plan.segments, now: NOW });
  const perSegment = (rows * 1.1) / plan.segments;
  const largest = Math.max(
    ...plan.ranges.map(({ entity, range }) => rowAt(range.upTo, stores.sizes[entity] ?? 0) - rowAt(range.after, 0)),
  );
  // Documents of the rows; and of their unique values, if the entity has some.
  const documents = plan.chosen.length;
  const withClaims = plan.ranges.filter(
    ({ entity }) => (stores.mapping.entities[entity]?.unique.length ?? 0) > 0,
  ).length;
  const perRange = (times: number): number =>
    largest / RATES.keys.value + (times * documents * RATES.s3.value) / DOCUMENTS_AT_ONCE;
  const entities = Object.keys(stores.mapping.entities);
  const summary = createSummary(plan, entities);
  const tally = {
    source: rows,
    items: rows,
    matched: rows,
    mismatched: rows,
    missing: rows,
    extra: rows,
    unverified: rows,
  };
  summary.add({
    entities: Object.fromEntries(entities.map((name) => [name, tally])),
    mismatches: [],
    unverified: [],
    unlisted: 0,
    digests: Object.fromEntries(entities.map((name) => [name, '0'.repeat(64)])),
    largestItemBytes: 0,
    itemsOverAlarm: 0,
    rcu: rows,
  });
  const whole = summary.summary(NOW, 'd'.repeat(80), new Map());
  const verify = { machine: 'verify', turns: 1 };
  return [
    {
      ...verify,
      state: 'VerifySegment',
      fn: 'verify-segment',
      calls: plan.chosen.length,
      seconds: perSegment / RATES.rows.value,
      payloadBytes: part,
    },
    {
      ...verify,
      state: 'FindMissingRows',
      fn: 'find-missing',
      calls: plan.ranges.length,
      seconds: perRange(2),
      allSeconds: perRange(2) * withClaims + perRange(1) * (plan.ranges.length - withClaims),
      payloadBytes: part,
    },
    {
      ...verify,
      state: 'FinishVerification',
      fn: 'finish-verification',
      calls: 1,
      seconds: (partKeys(plan).length * RATES.s3.value) / RESULTS_AT_ONCE,
      payloadBytes: bytesOf(machineOutput(whole)),
      recordBytes: bytesOf(whole),
    },
  ];
}

async function comparison(context: Context): Promise<Step> {
  const { clock, stores, rows } = context;
  const entity = stores.mapping.entities['EVENT'];
  if (entity === undefined) throw new Error('the plan has EVENT');
  let compared = { restored: 0, payload: 0 };
  // The live source answers with the same page, so nothing differs; both are asked, one after the other.
  const ports = {
    restored: stores.rows,
    live: livePages(stores),
    newest: notAsked,
    highest: async () => 0,
    status: notAsked,
  };
  const measured = await callUntilDone(context, async () => {
    const pause = clock.budget(BUDGET_MS['compare-restored'] / TENTH);
    const step = await compareRestored(ports, entity, { from: null, pause });
    compared = { restored: step.restored, payload: bytesOf(step) };
    return true;
  });
  const perCall = compared.restored * TENTH;
  const sizes = Object.values(stores.sizes);
  return {
    machine: 'prove-backup',
    state: 'CompareRestored',
    fn: 'compare-restored',
    ...measured,
    seconds: measured.seconds * TENTH,
    calls: sizes.reduce((sum, size) => sum + Math.ceil(size / perCall), 0),
    turns: Math.ceil(Math.max(...sizes) / perCall),
    // FinishRestore takes the results of all entities; a count has as many digits as the number of rows.
    payloadBytes: sizes.length * (compared.payload + 4 * String(rows).length),
  };
}

function livePages({ rows }: Stores): Stores['rows'] {
  let again = false;
  return {
    ...rows,
    page: async (entity, range, limit) => {
      // The second request of a range finds nothing more.
      again = !again;
      return again ? rows.page(entity, range, limit) : [];
    },
  };
}

async function importOfUsers({ clock, rows }: Context): Promise<readonly Step[]> {
  const users = Math.ceil(rows / USER_EACH);
  const pool = { create: async () => (clock.pass(1 / RATES.users.value), 'created' as const) };
  const control = { list: async () => [], write: notAsked, remove: notAsked };
  const legacy = {
    page: async (_: string | null, limit: number) =>
      Array.from({ length: limit }, (__, at) => ({ username: `u${at}`, email: 'e@x', passwordHash: null })),
    named: notAsked,
    count: notAsked,
    mark: notAsked,
    changedSince: notAsked,
  };
  const began = clock.now();
  const step = await importUntil(
    { users: legacy, pool, control },
    { after: null, limit: 1_000, width: 10 },
    clock.budget(BUDGET_MS['import-remaining-users']),
  );
  const seconds = clock.now() - began;
  const calls = Math.ceil(users / step.created);
  const each = { fn: 'import-remaining-users', calls, turns: calls, seconds, payloadBytes: bytesOf(step) };
  return [
    { machine: 'decommission', state: 'ImportUsers', ...each },
    { machine: 'drain', state: 'ImportLateUsers', ...each },
  ];
}

function rowAt(mark: readonly string[] | null, otherwise: number): number {
  return mark === null ? otherwise : Number(mark[1]);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
