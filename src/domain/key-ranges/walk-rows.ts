import { mapConcurrently } from '../concurrency.ts';
import type { RowStrides } from '../ports/source.ts';
import type { Identity } from '../row.ts';

/** How far the walk over an entity's rows has come. JSON-safe. */
export interface RowWalk {
  /** The last row of the table that was passed; null = none yet. */
  readonly after: Identity | null;
  /** Rows of the entity that were passed. */
  readonly rows: number;
  /** Rows of the entity from one mark to the next. */
  readonly every: number;
  readonly marks: readonly Identity[];
  readonly done: boolean;
}

/** The walks over several entities, by name. */
export type RowWalks = Readonly<Record<string, RowWalk>>;

export interface WalkOptions {
  /** Rows from one mark to the next, to begin with. */
  readonly every: number;
  /** Marks to keep of an entity: of more, every second one is dropped. */
  readonly maxMarks: number;
  /** Called after each stride; true ends the work there, to be continued later. */
  readonly pause: () => boolean;
}

/** Rows of one stride: read in index order they take well below the 45 seconds of a Data API call. */
const MAX_ROWS = 50_000;
/** Marks that one stride may return: a small part of a response's 1 MiB, whatever the identity. */
const MARKS_PER_STRIDE = 256;
/** Entities walked at the same time. */
const WIDTH = 4;

/**
 * Counts the rows of entities and marks every so-many-th one, in statements of bounded size: one statement over a whole table does not end
 * within the time limit of a call. Continues `from` what an earlier call returned, until all are done or `pause` returns true.
 */
export async function walkRows(
  source: RowStrides,
  entities: readonly string[],
  from: RowWalks,
  options: WalkOptions,
): Promise<RowWalks> {
  let paused = false;
  const walked = await mapConcurrently(WIDTH, entities, async (entity) => {
    let walk = from[entity] ?? { after: null, rows: 0, every: options.every, marks: [], done: false };
    // Once the time is over no stride begins any more, in no entity; those that run at the same time end.
    while (!walk.done && !paused) {
      walk = thin(await nextStride(source, entity, walk), options.maxMarks);
      paused ||= options.pause();
    }
    return [entity, walk] as const;
  });
  return Object.fromEntries(walked);
}

/** Whether every one of these entities was walked to its end. */
export function isWalked(walks: RowWalks, entities: readonly string[]): boolean {
  return entities.every((entity) => walks[entity]?.done === true);
}

async function nextStride(source: RowStrides, entity: string, walk: RowWalk): Promise<RowWalk> {
  const { every, rows } = walk;
  const limit = Math.min(MAX_ROWS, every * MARKS_PER_STRIDE);
  const stride = await source.stride(entity, { after: walk.after, limit, every, counted: rows });
  return {
    after: stride.last ?? walk.after,
    rows: rows + stride.rows,
    every,
    marks: [...walk.marks, ...stride.marks],
    done: stride.last === null,
  };
}

/** Keeps the marks at multiples of twice as many rows, until there are few enough. */
export function thin(walk: RowWalk, maxMarks: number): RowWalk {
  let { every, marks } = walk;
  while (marks.length > maxMarks) {
    marks = marks.filter((_, at) => at % 2 === 1);
    every *= 2;
  }
  return { ...walk, every, marks };
}
