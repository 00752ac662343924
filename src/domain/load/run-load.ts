import { isRetryable } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Hook } from '../protocol/test-hook.ts';
import { loadRange, type LoadCheckpoint, type LoadPorts } from '../protocol/load-range.ts';
import { type LoadPlan, type LoadSegment, shareParts } from './plan-ranges.ts';

export interface LoadRunPorts extends LoadPorts {
  readonly control: ControlTable;
  readonly mapping: Mapping;
}

/** Control record kinds: the plan by generation, and a checkpoint by `generation#segment`. */
const PLAN = 'LOAD-PLAN';
const CHECKPOINT = 'LOAD';

const PARTS = 12;
const CONCURRENT_CALLS = 3;
const MAX_ATTEMPTS = 5;
const BACKOFF_MS = 200;

/** Plans the ranges to load in this generation. A repetition returns the same ranges, so that their checkpoints stay valid. */
export async function planLoad(ports: Pick<LoadRunPorts, 'control' | 'mapping' | 'rows'>): Promise<LoadPlan> {
  const { generation } = await ports.control.mode();
  const saved = await ports.control.read<LoadPlan>(PLAN, String(generation));
  if (saved !== null) return saved.value;
  const names = Object.keys(ports.mapping.entities);
  const counts = await Promise.all(names.map((entity) => ports.rows.count(entity)));
  const rows = Object.fromEntries(names.map((entity, at) => [entity, counts[at] ?? 0]));
  const parts = shareParts(rows, PARTS);
  const ranges = await Promise.all(
    names.map(async (entity): Promise<readonly LoadSegment[]> =>
      (await ports.rows.ranges(entity, parts[entity] ?? 1)).map((range) => ({ entity, range })),
    ),
  );
  const plan: LoadPlan = { generation, segments: ranges.flat(), rows };
  await ports.control.write(PLAN, String(generation), plan, 'any');
  return plan;
}

export interface SegmentEvent {
  readonly generation: number;
  readonly segment: number;
  /** Stamp of the items, ISO. */
  readonly now: string;
}

/**
 * Loads one segment from its checkpoint until its range ends or `pause` returns true. The checkpoint is written after the last item
 * of a page is acknowledged, never before (RACE-8).
 */
export async function loadSegment(
  ports: LoadRunPorts,
  event: SegmentEvent,
  control: {
    readonly pause: () => boolean;
    readonly sleep: (milliseconds: number) => Promise<void>;
    readonly pageSize?: number;
    readonly hook?: Hook;
  },
): Promise<LoadCheckpoint> {
  const { generation, segment } = event;
  const plan = await ports.control.read<LoadPlan>(PLAN, String(generation));
  const part = plan?.value.segments[segment];
  const entity = part === undefined ? undefined : ports.mapping.entities[part.entity];
  if (part === undefined || entity === undefined)
    throw new RangeError(`generation ${generation} has no load segment ${segment}: run plan-load first`);
  const id = `${generation}#${segment}`;
  for (let attempt = 1; ; attempt++) {
    const saved = await ports.control.read<LoadCheckpoint>(CHECKPOINT, id);
    try {
      return await loadRange(ports, {
        entity,
        generation,
        range: part.range,
        from: saved?.value ?? null,
        reload: generation > 1,
        // Segments run in parallel, and each call must end within the deadline of a write.
        width: CONCURRENT_CALLS,
        at: event.now,
        // A retried task and the one that it replaces load the same range: at worst a page is loaded twice, which is harmless.
        save: async (checkpoint) => {
          attempt = 1;
          await ports.control.write(CHECKPOINT, id, checkpoint, 'any');
        },
        pause: control.pause,
        ...(control.pageSize === undefined ? {} : { pageSize: control.pageSize }),
        ...(control.hook === undefined ? {} : { hook: control.hook }),
      });
    } catch (error) {
      // Throttling and missed deadlines are transient; the page is loaded again from its checkpoint.
      if (!isRetryable(error) || attempt >= MAX_ATTEMPTS) throw error;
      await control.sleep(attempt * BACKOFF_MS);
    }
  }
}

export interface LoadSummary {
  readonly generation: number;
  readonly rows: number;
  readonly items: number;
  readonly entities: Readonly<Record<string, number>>;
}

/** Counts of a finished load. Throws RangeError where a segment is not done, instead of counting less. */
export async function summarizeLoad(control: ControlTable, generation: number): Promise<LoadSummary> {
  const plan = await control.read<LoadPlan>(PLAN, String(generation));
  if (plan === null) throw new RangeError(`generation ${generation} has no load plan: run plan-load first`);
  const entities: Record<string, number> = {};
  let items = 0;
  for (const [segment, { entity }] of plan.value.segments.entries()) {
    const checkpoint = await control.read<LoadCheckpoint>(CHECKPOINT, `${generation}#${segment}`);
    if (checkpoint?.value.done !== true) throw new RangeError(`load segment ${segment} of ${entity} is not done`);
    entities[entity] = (entities[entity] ?? 0) + checkpoint.value.rows;
    items += checkpoint.value.items;
  }
  const rows = Object.values(entities).reduce((sum, count) => sum + count, 0);
  return { generation, rows, items, entities };
}
