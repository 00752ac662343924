import { ACCOUNT, REGION } from '../../aws/account.ts';
import { type Call, call, jsonOf, listOf, membersOf, targetOf, textOf, type WireRequest } from '../call.ts';
import { type KeyOf, onKey } from './kms.ts';

/** Single-item operations, by where the item's key is. */
const ITEM: Readonly<Record<string, 'Key' | 'Item'>> = {
  GetItem: 'Key',
  PutItem: 'Item',
  UpdateItem: 'Key',
  DeleteItem: 'Key',
};

/** Entries of a transaction: the action of each, and where its key is. */
const ENTRY: Readonly<Record<string, { readonly action: string; readonly key: 'Key' | 'Item' }>> = {
  Put: { action: 'PutItem', key: 'Item' },
  Update: { action: 'UpdateItem', key: 'Key' },
  Delete: { action: 'DeleteItem', key: 'Key' },
  ConditionCheck: { action: 'ConditionCheckItem', key: 'Key' },
  Get: { action: 'GetItem', key: 'Key' },
};

const STATEMENT: Readonly<Record<string, string>> = {
  INSERT: 'PartiQLInsert',
  SELECT: 'PartiQLSelect',
  UPDATE: 'PartiQLUpdate',
  DELETE: 'PartiQLDelete',
};

/** Operations that touch no item. */
const WITHOUT_ITEMS = /^dynamodb:(?:Describe|List|Create|Delete|Update)(?:Table|Tables|TimeToLive)$/;

/**
 * The calls of a request to DynamoDB. The partition key of a table is PK, that of an index is the index's name with PK. Whoever touches
 * items of an encrypted table needs its key, to read as to write.
 */
export function dynamodbCalls(keyOf: KeyOf) {
  return (request: WireRequest): readonly Call[] => {
    const calls = callsOf(request);
    const tables = calls.flatMap(({ action, resource }) =>
      WITHOUT_ITEMS.test(action) ? [] : [resource.replace(/\/index\/.*$/, '')],
    );
    const keys = new Set(tables.map(keyOf));
    return [...calls, ...[...keys].flatMap((key) => onKey('dynamodb', key, 'Decrypt'))];
  };
}

function callsOf(request: WireRequest): readonly Call[] {
  const operation = targetOf(request);
  const input = jsonOf(request);
  const where = ITEM[operation];
  if (where !== undefined) return [onItem(operation, input, where)];
  switch (operation) {
    case 'Query':
      return [query(input)];
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return batch(operation, membersOf(input['RequestItems']));
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return listOf(input['TransactItems']).flatMap((item) => transacted(operation, membersOf(item)));
    case 'ExecuteStatement':
      return [statement(input)];
    case 'BatchExecuteStatement':
      return listOf(input['Statements']).map((one) => statement(membersOf(one)));
    case 'ListTables':
      return [call('dynamodb:ListTables', '*')];
    default:
      return [call(`dynamodb:${operation}`, indexOrTable(input))];
  }
}

function onItem(operation: string, input: Readonly<Record<string, unknown>>, where: 'Key' | 'Item'): Call {
  return call(`dynamodb:${operation}`, tableArn(input['TableName']), leading([keyOf(input[where])]));
}

function transacted(operation: string, item: Readonly<Record<string, unknown>>): readonly Call[] {
  return Object.entries(item).flatMap(([kind, value]) => {
    const entry = ENTRY[kind];
    if (entry === undefined) return [];
    const input = membersOf(value);
    return [
      call(`dynamodb:${entry.action}`, tableArn(input['TableName']), {
        ...leading([keyOf(input[entry.key])]),
        'dynamodb:EnclosingOperation': operation,
      }),
    ];
  });
}

function batch(operation: string, tables: Readonly<Record<string, unknown>>): readonly Call[] {
  return Object.entries(tables).map(([table, wanted]) => {
    const keys =
      operation === 'BatchGetItem'
        ? listOf(membersOf(wanted)['Keys']).map(keyOf)
        : listOf(wanted).map((one) => {
            const { PutRequest, DeleteRequest } = membersOf(one);
            return PutRequest === undefined
              ? keyOf(membersOf(DeleteRequest)['Key'])
              : keyOf(membersOf(PutRequest)['Item']);
          });
    return call(`dynamodb:${operation}`, tableArn(table), leading(keys));
  });
}

function query(input: Readonly<Record<string, unknown>>): Call {
  const attribute = `${textOf(input['IndexName'])}PK`;
  const names = membersOf(input['ExpressionAttributeNames']);
  const values = membersOf(input['ExpressionAttributeValues']);
  const conditions = textOf(input['KeyConditionExpression']).matchAll(/([#\w]+)\s*=\s*(:\w+)/g);
  const keys = [...conditions].flatMap(([, name = '', value = '']) =>
    (names[name] ?? name) === attribute ? [scalar(values[value])] : [],
  );
  return call('dynamodb:Query', indexOrTable(input), leading(keys));
}

/** All statements of a batch may repeat one table: they are one call each, and decisions are kept. */
function statement(input: Readonly<Record<string, unknown>>): Call {
  const text = textOf(input['Statement']);
  const verb = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
  const [, table = '', index] = /(?:INTO|FROM|UPDATE)\s+"([^"]+)"(?:\."([^"]+)")?/i.exec(text) ?? [];
  const arn = tableArn(table);
  return call(`dynamodb:${STATEMENT[verb] ?? 'PartiQLSelect'}`, index === undefined ? arn : `${arn}/index/${index}`);
}

function indexOrTable(input: Readonly<Record<string, unknown>>): string {
  const index = textOf(input['IndexName']);
  const arn = tableArn(input['TableName']);
  return index === '' ? arn : `${arn}/index/${index}`;
}

function tableArn(name: unknown): string {
  const text = textOf(name);
  return text.startsWith('arn:') ? text : `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${text}`;
}

function leading(keys: readonly string[]): Call['context'] {
  return { 'dynamodb:LeadingKeys': [...new Set(keys)] };
}

function keyOf(item: unknown): string {
  return scalar(membersOf(item)['PK']);
}

/** The text of a key's value. */
function scalar(value: unknown): string {
  const { S, N, B } = membersOf(value);
  return textOf(S ?? N ?? B);
}
