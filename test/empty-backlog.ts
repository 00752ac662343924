import type { SourceBacklog } from '../src/domain/ports/source.ts';

/** A source in which nothing waits. */
export const EMPTY_BACKLOG: SourceBacklog = {
  pending: 0,
  oldest: null,
  newest: null,
  parked: 0,
  missed: 0,
  adopting: 0,
  carrying: 0,
  openWriters: 0,
};
