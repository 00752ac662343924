/** Values by number: equal values, as JSON says, get the same one. What is kept is never changed. */
export interface Interner<T> {
  id(value: T): number;
  value(id: number): T;
  readonly size: number;
}

export function createInterner<T>(): Interner<T> {
  const ids = new Map<string, number>();
  const values: T[] = [];
  return {
    id: (value) => {
      const text = JSON.stringify(value);
      const known = ids.get(text);
      if (known !== undefined) return known;
      ids.set(text, values.length);
      values.push(value);
      return values.length - 1;
    },
    value: (id) => {
      const value = values[id];
      if (value === undefined) throw new RangeError(`nothing was ever given the number ${id}`);
      return value;
    },
    get size() {
      return values.length;
    },
  };
}
