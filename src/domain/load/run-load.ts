import { isRetryable } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Hook } from '../protocol/test-hook.ts';
import { loadRange, type LoadCheckpoint, type LoadPorts } from '../protocol/load-range.ts';
import { cutRanges } from '../key-ranges/cut-ranges.ts';
import { isWalked, type RowWalks, walkRows } from '../key-ranges/walk-rows.ts';
import type { RowStrides } from '../ports/source.ts';
import { type LoadPlan, type LoadSegment, shareParts, thinToRecord } from './plan-ranges.ts';

export interface LoadRunPorts extends LoadPorts {
  readonly control: ControlTable;
  readonly mapping: Mapping;
}

/** Control record kinds: the plan by generation, and a checkpoint by `generation#segment`. */
const PLAN = 'LOAD-PLAN';
const CHECKPOINT = 'LOAD';

/** A multiple of MaxConcurrency of the load machine keeps every worker busy until the end. */
const PARTS = 12;
/** Rows between two bounds that may be chosen, to begin with: few, so that small tables are cut too. */
const ROWS_PER_MARK = 16;
/** Marks of an entity: enough to cut parts of about equal size, few enough for a record of the control table. */
const MAX_MARKS = 48;
const CONCURRENT_CALLS = 3;
const MAX_ATTEMPTS = 5;
const BACKOFF_MS = 200;

export interface PlanLoadPorts {
  readonly control: ControlTable;
  readonly mapping: Mapping;
  readonly rows: RowStrides;
}

/**
 * Plans the ranges to load in this generation, in as many calls as it takes to count the rows: returns null where `pause` ended the call
 * before. A repetition returns the same ranges, so that their checkpoints stay valid.
 */
export async function planLoad(
  { control, mapping, rows: source }: PlanLoadPorts,
  pause: () => boolean = () => false,
): Promise<LoadPlan | null> {
  const { generation } = await control.mode();
  const saved = await control.read<LoadPlan>(PLAN, String(generation));
  if (saved !== null) return saved.value;
  const names = Object.keys(mapping.entities);
  const walkId = `${generation}#walk`;
  const from = (await control.read<RowWalks>(PLAN, walkId))?.value ?? {};
  const walks = await walkRows(source, names, from, { every: ROWS_PER_MARK, maxMarks: MAX_MARKS, pause });
  if (!isWalked(walks, names)) {
    await control.write(PLAN, walkId, thinToRecord(walks), 'any');
    return null;
  }
  const rows = Object.fromEntries(names.map((entity) => [entity, walks[entity]?.rows ?? 0]));
  const parts = shareParts(rows, PARTS);
  const segments = names.flatMap((entity): readonly LoadSegment[] => {
    const walk = walks[entity];
    return walk === undefined ? [] : cutRanges(walk, parts[entity] ?? 1).map((range) => ({ entity, range }));
  });
  const plan: LoadPlan = { generation, segments, rows };
  await control.write(PLAN, String(generation), plan, 'any');
  await control.remove(PLAN, walkId);
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
