import type { Client } from '../../src/client/open-client.ts';

export type { Operation as JournalOperation, Values } from '../../src/client/operation.ts';

/** The part of the client that this application uses: everything but plain SQL. */
export type JournalClient = Pick<Client, 'put' | 'update' | 'delete' | 'transact' | 'get' | 'query' | 'batchGet'>;
