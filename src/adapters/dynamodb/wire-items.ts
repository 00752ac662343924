import { Readable } from 'node:stream';
import type { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from '../../domain/item.ts';

/**
 * Takes the items of a scan from the answer itself and leaves the rest to the SDK, whose schema-driven reading of attribute
 * values costs several times as much as everything that verification does with them. Answers where they will be found.
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
    // Low: next to the wire, before the SDK reads the answer.
    { step: 'deserialize', name: 'portageItems', priority: 'low', override: true },
  );
  return taken;
}

/** By hand, for the stream consumers of Node go through a Blob, which copies all of it. */
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

/** Most values are on the wire as the domain has them, and need no copy. */
function isOwnForm(value: unknown): value is AttributeValue {
  return (
    isRecord(value) &&
    (typeof value['S'] === 'string' ||
      typeof value['N'] === 'string' ||
      typeof value['BOOL'] === 'boolean' ||
      value['NULL'] === true)
  );
}

/** Sets, which no plan writes, are shown as lists: an item of somebody else stays visible. */
function setFromWire(value: Readonly<Record<string, unknown>>): AttributeValue {
  for (const [type, set] of Object.entries(value))
    if (Array.isArray(set)) return { L: set.map((element) => valueFromWire({ [type.slice(0, 1)]: element })) };
  return { NULL: true };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
