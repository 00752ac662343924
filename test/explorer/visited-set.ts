/** All moments seen, in the order in which they were found, and the one each was found from. */
export interface VisitedSet {
  readonly size: number;
  /** Adds a state unless it is there; answers whether it is new. */
  add(state: Uint32Array, parent: number): boolean;
  read(index: number, into: Uint32Array): void;
  parent(index: number): number;
}

// Under jest each use of a global costs a look-up through the sandbox: the innermost loop has its own.
const { imul } = Math;

/** Open addressing over one growing pool of words: a Set of strings would be slower and many times larger. */
export function createVisitedSet(width: number): VisitedSet {
  let capacity = 1 << 12;
  let pool = new Uint32Array(width * capacity);
  let parents = new Int32Array(capacity);
  let slots = new Int32Array(capacity * 2);
  let mask = slots.length - 1;
  let size = 0;

  const hash = (words: Uint32Array, offset: number): number => {
    let value = 0x811c9dc5;
    for (let at = 0; at < width; at++) {
      value = imul(value ^ (words[offset + at] ?? 0), 0x9e3779b1);
      value ^= value >>> 15;
    }
    return value;
  };
  const grow = (): void => {
    capacity *= 2;
    const [oldPool, oldParents] = [pool, parents];
    pool = new Uint32Array(width * capacity);
    pool.set(oldPool);
    parents = new Int32Array(capacity);
    parents.set(oldParents);
    slots = new Int32Array(capacity * 2);
    mask = slots.length - 1;
    for (let index = 0; index < size; index++) {
      let slot = hash(pool, index * width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
  };
  return {
    get size() {
      return size;
    },
    add: (state, parent) => {
      let slot = hash(state, 0) & mask;
      for (;;) {
        const there = slots[slot] ?? 0;
        if (there === 0) break;
        const offset = (there - 1) * width;
        let at = 0;
        while (at < width && pool[offset + at] === state[at]) at++;
        if (at === width) return false;
        slot = (slot + 1) & mask;
      }
      if (size === capacity) {
        grow();
        slot = hash(state, 0) & mask;
        while (slots[slot] !== 0) slot = (slot + 1) & mask;
      }
      pool.set(state, size * width);
      parents[size] = parent;
      size++;
      slots[slot] = size;
      return true;
    },
    read: (index, into) => into.set(pool.subarray(index * width, (index + 1) * width)),
    parent: (index) => parents[index] ?? -1,
  };
}
