import { Readable } from 'node:stream';
import type { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from '../../domain/item.ts';

/**
 * Parses a scan's items directly from the response and leaves the rest to the SDK, whose
 * schema-driven parsing of attribute values costs several times as much CPU as the whole
 * comparison. Returns the place where the caller finds them.
 */
export function takeItems(command: ScanCommand): { readonly items: readonly Item[] } {
  const taken: { items: readonly Item[] } = { items: [] };
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (!isRecord(response) || response['statusCode'] !== 200 || !(response['body'] instanceof Readable))
        return result;
      const answer: unknown = JSON.parse(await readText(response['body']));
      if (!isRecord(answer)) return result;
      const { Items, ...rest } = answer;
      taken.items = Array.isArray(Items) ? Items.map(itemFromWire) : [];
      response['body'] = Readable.from([Buffer.from(JSON.stringify(rest))]);
      return result;
    },
    // Low priority: closest to the transport, before the SDK reads the response.
    { step: 'deserialize', name: 'portageItems', priority: 'low', override: true },
  );
  return taken;
}

/**
 * Collected by hand, because Node's stream consumers go through a Blob, which copies everything.
 */
async function readText(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function itemFromWire(wire: unknown): Item {
  if (isOwnItem(wire)) return wire;
  const item: Record<string, AttributeValue> = {};
  if (isRecord(wire)) for (const name in wire) item[name] = valueFromWire(wire[name]);
  return item;
}

function isOwnItem(wire: unknown): wire is Item {
  if (!isRecord(wire)) return false;
  for (const name in wire) if (!isOwnForm(wire[name])) return false;
  return true;
}

function valueFromWire(value: unknown): AttributeValue {
  if (isOwnForm(value)) return value;
  if (!isRecord(value)) return { NULL: true };
  const { B, L, M } = value;
  if (typeof B === 'string') return { B: Buffer.from(B, 'base64') };
  if (Array.isArray(L)) return { L: L.map(valueFromWire) };
  if (isRecord(M)) return { M: itemFromWire(M) };
  return setFromWire(value);
}

/** Most values have the same form on the wire and in the domain, and need no copy. */
function isOwnForm(value: unknown): value is AttributeValue {
  return (
    isRecord(value) &&
    (typeof value['S'] === 'string' ||
      typeof value['N'] === 'string' ||
      typeof value['BOOL'] === 'boolean' ||
      value['NULL'] === true)
  );
}

/** Sets, which no plan writes, become lists, so that an item from elsewhere stays visible. */
function setFromWire(value: Readonly<Record<string, unknown>>): AttributeValue {
  for (const [type, set] of Object.entries(value))
    if (Array.isArray(set)) return { L: set.map((element) => valueFromWire({ [type.slice(0, 1)]: element })) };
  return { NULL: true };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
