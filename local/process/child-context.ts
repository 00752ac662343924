import type { GuardedProcess } from './part.ts';

/** What a part that runs in its own process gets from the orchestrating one. */
export interface ChildContext {
  /** Simulated time in milliseconds: the machine's clock plus the offset last broadcast. */
  now(): number;
  /** Has a program killed when the orchestrator dies in any way. */
  guard(target: GuardedProcess): void;
  release(pid: number): void;
}

/** What a part's module exports under the name `start`, to be run by `forkPart`. */
export type StartChild = (
  options: unknown,
  context: ChildContext,
) => Promise<{ readonly facts: unknown; stop(): Promise<void> }>;
