/** A part of a plan, as a file may hold it. */
export type Json = Record<string, unknown>;

/** The plan with some places changed; `undefined` takes a setting out. */
export function merged(into: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const result: Json = typeof into === 'object' && into !== null && !Array.isArray(into) ? { ...into } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

/** A change of one entity. */
export function entity(name: string, change: Json): Json {
  return { entities: { [name]: change } };
}
