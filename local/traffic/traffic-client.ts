import type { Client } from '../../src/client/open-client.ts';

export type { Operation as TrafficOperation, Values } from '../../src/client/operation.ts';

/** The part of the client that this application uses: everything but plain SQL. */
export type TrafficClient = Pick<Client, 'put' | 'update' | 'delete' | 'transact' | 'get' | 'query' | 'batchGet'>;
