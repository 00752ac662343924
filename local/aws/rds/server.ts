import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Part } from '../../process/part.ts';
import { closeServer, httpServer, listen } from '../../process/free-port.ts';
import * as clusters from './cluster-operations.ts';
import { RdsError } from './errors.ts';
import * as instances from './instance-operations.ts';
import { Query } from './query.ts';
import * as snapshots from './snapshot-operations.ts';
import * as tags from './tag-operations.ts';
import type { RdsContext } from './rds-context.ts';
import { toXml, type XmlValue } from './xml.ts';

type RdsOperation = (query: Query, context: RdsContext) => XmlValue | Promise<XmlValue>;

/** The RDS operations that snapshots, restores and deletions need; any other is refused by name. */
const OPERATIONS: Readonly<Record<string, RdsOperation>> = {
  AddTagsToResource: tags.addTags,
  CreateDBClusterSnapshot: snapshots.createSnapshot,
  CreateDBInstance: instances.createInstance,
  DeleteDBCluster: clusters.deleteCluster,
  DeleteDBClusterSnapshot: snapshots.deleteSnapshot,
  DeleteDBInstance: instances.deleteInstance,
  DescribeDBClusters: clusters.describeClusters,
  DescribeDBClusterSnapshots: snapshots.describeSnapshots,
  DescribeDBInstances: instances.describeInstances,
  DisableHttpEndpoint: clusters.disableHttpEndpoint,
  EnableHttpEndpoint: clusters.enableHttpEndpoint,
  ListTagsForResource: tags.listTags,
  ModifyDBCluster: clusters.modifyCluster,
  RemoveTagsFromResource: tags.removeTags,
  RestoreDBClusterFromSnapshot: clusters.restoreCluster,
};

const NAMESPACE = 'http://rds.amazonaws.com/doc/2014-10-31/';

/** Starts RDS's control API on 127.0.0.1, in the AWS Query protocol, reached through AWS_ENDPOINT_URL_RDS. */
export async function startRds(options: { readonly context: RdsContext; readonly port?: number }): Promise<Part> {
  const server = httpServer((request, response) => void answer(options.context, request, response));
  const endpoint = await listen(server, options.port ?? 0, 'RDS');
  return { name: 'rds', endpoint, stop: () => closeServer(server) };
}

async function answer(context: RdsContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  response.setHeader('content-type', 'text/xml');
  response.setHeader('x-amzn-requestid', requestId);
  try {
    const query = new Query(await text(request));
    const { action } = query;
    const operation = OPERATIONS[action];
    if (operation === undefined) throw new RdsError('InvalidAction', `The local RDS does not support ${action}`);
    const result = toXml(`${action}Result`, await operation(query, context));
    const metadata = toXml('ResponseMetadata', { RequestId: requestId });
    response.end(`<${action}Response xmlns="${NAMESPACE}">${result}${metadata}</${action}Response>`);
  } catch (error) {
    const { code, status, message } =
      error instanceof RdsError ? error : new RdsError('InternalFailure', String(error));
    const body = toXml('Error', { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message });
    const id = toXml('RequestId', requestId);
    response.writeHead(status).end(`<ErrorResponse xmlns="${NAMESPACE}">${body}${id}</ErrorResponse>`);
  }
}
