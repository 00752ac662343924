/** A point in time that one side waits for and the other one brings about. */
export interface Latch {
  readonly passed: Promise<void>;
  pass(): void;
}

export function latch(): Latch {
  let resolve = nothing;
  const passed = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { passed, pass: () => resolve() };
}

function nothing(): void {}
