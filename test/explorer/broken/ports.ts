import type { Item } from '../../../src/domain/item.ts';
import { tombstone } from '../../../src/domain/mapping/items/encode.ts';
import { isTombstone, keyOfItem, versionOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import type { CurrentRow } from '../../../src/domain/ports/source.ts';
import { identityText } from '../../../src/domain/row.ts';
import { versionOf } from '../../../src/domain/versions.ts';
import type { Ports } from '../actors/ports.ts';
import { AT, ENTITY, GENERATION } from '../model/rows.ts';

// Each removes one defence by changing the order or the content of the calls that the real code makes to its ports.

/** A flush that any incarnation of the server may confirm. */
export function anyIncarnation(ports: Ports): Ports {
  return { ...ports, changelog: { ...ports.changelog, flush: () => ports.changelog.flush() } };
}

/** No flush at all before the target is written. */
export function unflushed(ports: Ports): Ports {
  return { ...ports, changelog: { ...ports.changelog, flush: () => Promise.resolve() } };
}

/** Repair reads the source before the item. */
export function sourceFirst(ports: Ports): Ports {
  const early = remembered(ports);
  return {
    ...ports,
    rows: { ...ports.rows, current: early.recall },
    table: {
      ...ports.table,
      get: async (keys, options) => {
        await early.read(keys.map(({ PK }) => PK.split('#')[1] ?? ''));
        return ports.table.get(keys, options);
      },
    },
  };
}

/** Repair reads item, source, intent: the intent may be gone by a commit that the source was read before. */
export function sourceBeforeIntent(ports: Ports, pk: string): Ports {
  const early = remembered(ports);
  return {
    ...ports,
    rows: { ...ports.rows, current: early.recall },
    intents: {
      ...ports.intents,
      get: async (txn) => {
        await early.read([pk]);
        return ports.intents.get(txn);
      },
    },
  };
}

function remembered({ rows }: Ports) {
  const kept = new Map<string, CurrentRow>();
  return {
    read: async (pks: readonly string[]): Promise<void> => {
      const identities = pks.map((pk) => [pk]);
      for (const row of await rows.current('', identities)) kept.set(identityText(row.identity), row);
    },
    recall: async (relation: string, identities: readonly (readonly string[])[]): Promise<readonly CurrentRow[]> => {
      const found = identities.flatMap((identity) => kept.get(identityText(identity)) ?? []);
      return found.length === identities.length ? found : rows.current(relation, identities);
    },
  };
}

/** Nobody looks for a dual write's intent. */
export function intentIgnored(ports: Ports): Ports {
  return { ...ports, intents: { ...ports.intents, get: () => Promise.resolve(null) } };
}

/** A reader that believes a missing intent without reading the item again. */
export function readOnce(ports: Ports): Ports {
  let first: Awaited<ReturnType<Ports['table']['get']>> | null = null;
  return {
    ...ports,
    table: { ...ports.table, get: async (keys, options) => (first ??= await ports.table.get(keys, options)) },
  };
}

/** Repair puts what the source says at the source's version, also where the item's is higher. */
export function sourceVersion(ports: Ports): Ports {
  return repairedAt(ports, (_, source) => source);
}

/** Repair keeps the version it saw, also where the source's is higher. */
export function seenVersion(ports: Ports): Ports {
  return repairedAt(ports, (seen, source) => seen ?? source);
}

function repairedAt(ports: Ports, version: (seen: number | null, source: number) => number): Ports {
  let source = 0;
  return {
    ...ports,
    rows: {
      ...ports.rows,
      current: async (relation, identities) => {
        const rows = await ports.rows.current(relation, identities);
        source = versionOf(GENERATION, rows[0]?.seq ?? 0);
        return rows;
      },
    },
    table: {
      ...ports.table,
      putIfSeen: (item, seen) =>
        ports.table.putIfSeen({ ...item, _v: { N: String(version(seen.version, source)) } }, seen),
    },
  };
}

/** Repair leaves keys alone that the row does not live under. */
export function ownKeysOnly(ports: Ports): Ports {
  return {
    ...ports,
    table: {
      ...ports.table,
      putIfSeen: (item, seen) =>
        isTombstone(item) ? Promise.resolve({ kind: 'refused', present: item }) : ports.table.putIfSeen(item, seen),
    },
  };
}

/** Marks first, applies afterwards. */
export function doneFirst(ports: Ports): Ports {
  const { changelog } = ports;
  return {
    ...ports,
    changelog: {
      ...changelog,
      pending: async (limit) => {
        const changes = await changelog.pending(limit);
        if (changes.length > 0)
          await changelog.markDone(
            changes.map(({ seq }) => seq),
            GENERATION,
          );
        return changes;
      },
      markDone: () => Promise.resolve(),
    },
  };
}

/** A repair that does not see whose claim it has before it. */
export function claimsForgotten(ports: Ports): Ports {
  const { table } = ports;
  return {
    ...ports,
    table: {
      ...table,
      get: async (keys, options) =>
        (await table.get(keys, options)).map((item) =>
          Object.fromEntries(Object.entries(item).filter(([name]) => name !== '_of')),
        ),
    },
  };
}

/** Uniqueness items are left out of the transaction (RACE-21). */
export function unclaimed(ports: Ports): Ports {
  const { table } = ports;
  return {
    ...ports,
    table: {
      ...table,
      transact: (items, intent, token) =>
        table.transact(
          items.filter((item) => keyOfItem(item).SK !== 'UNIQUE'),
          intent,
          token,
        ),
    },
  };
}

function released(item: Item): Item {
  const key = keyOfItem(item);
  const stamp = { version: versionOfItem(item) ?? 0, txn: null, at: AT };
  return key.SK === 'UNIQUE' ? { ...item, ...tombstone(ENTITY, key, stamp) } : item;
}

/** A name that a row gives up becomes a tombstone, even if another row takes it in the same transaction. */
export function releasedLast(ports: Ports): Ports {
  const { table } = ports;
  return {
    ...ports,
    table: { ...table, transact: (items, intent, token) => table.transact(items.map(released), intent, token) },
  };
}

/** Pointers first, bodies once they are there. */
export function pointerFirst(ports: Ports): Ports {
  const late: (() => Promise<void>)[] = [];
  const after = async <T>(work: Promise<T>): Promise<T> => {
    const outcome = await work;
    for (const put of late.splice(0)) await put();
    return outcome;
  };
  const { table, bodies } = ports;
  return {
    ...ports,
    bodies: {
      ...bodies,
      put: (body, ref) => {
        late.push(() => bodies.put(body, ref));
        return Promise.resolve();
      },
    },
    table: {
      ...table,
      transact: (items, intent, token) => after(table.transact(items, intent, token)),
      putNewer: (item) => after(table.putNewer(item)),
      insertAbsent: (items) => after(table.insertAbsent(items)),
    },
  };
}

/** A load that saves how far it will be before it is there. */
export function checkpointFirst(save: (after: readonly string[]) => Promise<void>): (ports: Ports) => Ports {
  return (ports) => {
    let last: readonly string[] = [];
    return {
      ...ports,
      rows: {
        ...ports.rows,
        page: async (entity, range, limit) => {
          const page = await ports.rows.page(entity, range, limit);
          last = page.at(-1)?.identity ?? last;
          return page;
        },
      },
      table: {
        ...ports.table,
        insertAbsent: async (items) => {
          await save(last);
          return ports.table.insertAbsent(items);
        },
      },
    };
  };
}
