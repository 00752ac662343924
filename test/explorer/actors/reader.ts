import { confirmRead } from '../../../src/domain/protocol/confirm-read.ts';
import { isTombstone, writerOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import { asked, createPorts, type Ports } from './ports.ts';
import type { Script } from './process.ts';
import { AT } from '../model/rows.ts';

/** A reader of DynamoDB at cutover: what it shows its caller is how it ends. */
export function reader(pk: string, wrap: (ports: Ports) => Ports = (whole) => whole, confirms = true): Script {
  return async (call) => {
    const ports = wrap(createPorts(call));
    const items = await ports.table.get([{ PK: `THING#${pk}`, SK: 'THING#home' }], { consistent: true });
    const confirmed = confirms
      ? await confirmRead(ports, items, { now: new Date(AT), recentMs: 1000, settled: new Set() })
      : { kind: 'items' as const, items };
    if (confirmed.kind === 'source') return 'asks PostgreSQL';
    const [item] = confirmed.items;
    const value = item === undefined || isTombstone(item) ? undefined : item['value'];
    // A deletion is somebody's write too.
    const text = value !== undefined && 'S' in value ? value.S : (writerOfItem(item) ?? 'nothing');
    // The moment at which it is shown.
    await asked(call, { on: 'source', do: 'shown', value: text }, 'done');
    return `shows ${text}`;
  };
}
