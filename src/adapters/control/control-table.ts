import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  type GetCommandOutput,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { RecordChanged } from '../../domain/errors.ts';
import { translated } from '../sdk/translated.ts';
import type { ControlTable } from '../../domain/ports/control.ts';
import { readFacts, saveFacts } from './facts-record.ts';
import { moveMode, readMode } from './mode-record.ts';
import { pack, unpack } from './packing.ts';

/** Above this many bytes of JSON a record is stored compressed. */
const PLAIN_BYTES = 200_000;

/**
 * The control table: the mode, the facts of each generation, and small records. All reads are
 * strongly consistent.
 */
export function createControlTable(options: {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}): ControlTable {
  const { client, tableName: TableName } = options;
  const records = createRecords(client, TableName);
  return {
    mode: () => sent('reading the mode', () => readMode(client, TableName)),
    move: (from, to) => sent('moving the mode', () => moveMode(client, TableName, from, to)),
    facts: (generation) => sent('reading facts', () => readFacts(client, TableName, generation)),
    saveFacts: (facts, after) => sent('saving facts', () => saveFacts(client, TableName, facts, after)),
    read: (kind, id) => sent(`reading ${kind}`, () => records.read(kind, id)),
    write: (kind, id, value, revision) => sent(`writing ${kind}`, () => records.write(kind, id, value, revision)),
    list: (kind) => sent(`listing ${kind}`, () => records.list(kind)),
    remove: (kind, id) => sent(`removing ${kind}`, () => records.remove(kind, id)),
  };
}

function sent<T>(operation: string, call: () => Promise<T>): Promise<T> {
  return translated('the control table', operation, call);
}

function createRecords(
  client: DynamoDBDocumentClient,
  TableName: string,
): Pick<ControlTable, 'read' | 'write' | 'list' | 'remove'> {
  return {
    async read(kind, id) {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: { PK: kind, SK: id }, ConsistentRead: true }),
      );
      return Item === undefined ? null : { value: valueOf(Item), revision: Number(Item['revision']) };
    },
    async write(kind, id, value, revision) {
      const { name, stored } = store(value);
      const other = name === 'value' ? 'packed' : 'value';
      const values = { ':stored': stored, ':zero': 0, ':one': 1 };
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: { PK: kind, SK: id },
            UpdateExpression: 'SET #stored = :stored, revision = if_not_exists(revision, :zero) + :one REMOVE #other',
            ExpressionAttributeNames: { '#stored': name, '#other': other },
            ExpressionAttributeValues:
              typeof revision === 'number' && revision > 0 ? { ...values, ':seen': revision } : values,
            ...(revision === 'any'
              ? {}
              : { ConditionExpression: revision === 0 ? 'attribute_not_exists(PK)' : 'revision = :seen' }),
            ReturnValues: 'UPDATED_NEW',
          }),
        );
        return Number(Attributes?.['revision']);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new RecordChanged({ kind, id }, { cause: error });
      }
    },
    async list(kind) {
      const query = {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'PK = :kind',
        ExpressionAttributeValues: { ':kind': kind },
      };
      const records = [];
      for await (const page of paginateQuery({ client }, query)) {
        for (const item of page.Items ?? []) records.push({ id: String(item['SK']), value: valueOf(item) });
      }
      return records;
    },
    async remove(kind, id) {
      await client.send(new DeleteCommand({ TableName, Key: { PK: kind, SK: id } }));
    },
  };
}

/** Records are JSON; small ones stay readable in the console. */
function store(value: unknown): { readonly name: 'value' | 'packed'; readonly stored: unknown } {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= PLAIN_BYTES) return { name: 'value', stored: JSON.parse(text) };
  const [part, ...more] = pack(value);
  if (more.length > 0) throw new Error('a control record exceeds the size of an item; store it as a document');
  return { name: 'packed', stored: part };
}

/** The caller defines what a record holds, through the port's type parameter. */
function valueOf(item: NonNullable<GetCommandOutput['Item']>) {
  return item['packed'] === undefined ? item['value'] : unpack([item['packed']]);
}
