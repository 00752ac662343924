/** How many rows of each table a scale makes, and how many of the sessions the one power user recorded. */
export interface Size {
  readonly users: number;
  readonly campaigns: number;
  readonly sessions: number;
  readonly characters: number;
  readonly powerSessions: number;
}

/** `scale` 1 is the reference size; a fraction is for tests. */
export function sizeOf(scale: number): Size {
  const of = (count: number, least: number): number => Math.max(least, Math.round(count * scale));
  return {
    users: of(2_000, 20),
    campaigns: of(5_000, 50),
    sessions: of(30_000, 120),
    characters: of(8_000, 60),
    powerSessions: of(10_000, 40),
  };
}
