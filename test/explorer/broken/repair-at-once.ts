import { encodeItem } from '../../../src/domain/mapping/items/encode.ts';
import { tombstone } from '../../../src/domain/mapping/items/encode.ts';
import { keyOfItem, versionOfItem, writerOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import { versionOf } from '../../../src/domain/versions.ts';
import type { SeenPut } from '../model/operation.ts';
import { asked, createPorts } from '../actors/ports.ts';
import type { Script } from '../actors/process.ts';
import { AT, ENTITY, GENERATION, TABLE, THING } from '../model/rows.ts';

/** A sweeper that repairs all keys of a dual write in one transaction or none (RACE-62): one overtaken key blocks the rest. */
export const sweepAtOnce: Script = async (call) => {
  const { intents, changelog, table, rows } = createPorts(call);
  for (const intent of await intents.list()) {
    const status = await changelog.status(intent.xid);
    if (status === 'in progress') continue;
    if (status !== 'committed') {
      const puts: SeenPut[] = [];
      for (const { key, pk } of intent.writes) {
        const [item] = await table.get([key], { consistent: true });
        const writer = writerOfItem(item);
        if (writer !== null && writer !== intent.txn && (await intents.get(writer)) !== null) continue;
        const [row] = await rows.current(TABLE, [pk]);
        const version = Math.max(versionOfItem(item) ?? 0, versionOf(GENERATION, row?.seq ?? 0));
        const stamp = { version, txn: null, at: AT };
        const image = row?.image ?? null;
        const own =
          image === null
            ? undefined
            : encodeItem(THING, image, stamp).find((each) => JSON.stringify(keyOfItem(each)) === JSON.stringify(key));
        puts.push({ item: own ?? tombstone(ENTITY, key, stamp), version: versionOfItem(item), txn: writer });
      }
      await changelog.flush();
      await asked(call, { on: 'target', do: 'putAllIfSeen', puts }, 'put');
    }
    await intents.delete(intent.txn);
  }
  return 'ended';
};
