import { randomBytes } from 'node:crypto';
import { badRequest, DataApiError } from './errors.ts';
import type { Lease } from './pools.ts';

export interface TransactionLimits {
  readonly idleMs: number;
  readonly totalMs: number;
}

interface Transaction {
  readonly resourceArn: string;
  readonly database: string;
  readonly lease: Lease;
  readonly end: NodeJS.Timeout;
  readonly broken: () => void;
  idle: NodeJS.Timeout | undefined;
  busy: boolean;
}

/** The open transactions, each on a connection of its own. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #limits: TransactionLimits;

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  /** Takes over a connection on which BEGIN has been executed. */
  add(resourceArn: string, database: string, lease: Lease): string {
    const id = randomBytes(96).toString('base64');
    const end = setTimeout(() => this.#expire(id), this.#limits.totalMs);
    // A broken connection ends its transaction.
    const broken = (): void => this.#expire(id);
    lease.client.once('error', broken);
    this.#open.set(id, { resourceArn, database, lease, end, broken, idle: undefined, busy: false });
    this.#startIdling(id);
    return id;
  }

  /** Reserves a transaction for one call; a second call at the same time is refused, as on AWS. */
  take(id: string, resourceArn: string, database?: string): Lease {
    const transaction = this.#open.get(id);
    if (transaction === undefined || transaction.resourceArn !== resourceArn) {
      throw new DataApiError('TransactionNotFoundException', `Transaction ${id} is not found`);
    }
    if (database !== undefined && database !== transaction.database) {
      throw badRequest('Database name is not the same as that of the transaction');
    }
    if (transaction.busy) {
      throw new DataApiError('InvalidResourceStateException', 'The transaction is in use by another call');
    }
    transaction.busy = true;
    clearTimeout(transaction.idle);
    return transaction.lease;
  }

  /** Ends a call's reservation. SQL may have ended the transaction itself; then it is not found any more. */
  giveBack(id: string): void {
    const transaction = this.#open.get(id);
    if (transaction === undefined) return;
    transaction.busy = false;
    if (transaction.lease.client.getTransactionStatus() === 'I') this.#remove(id)?.lease.release();
    else this.#startIdling(id);
  }

  /** Forgets a transaction that its caller is ending; the caller releases the connection. */
  forget(id: string): void {
    this.#remove(id);
  }

  /** Rolls back all open transactions by closing their connections. */
  close(): void {
    for (const id of this.#open.keys()) this.#expire(id);
  }

  #startIdling(id: string): void {
    const transaction = this.#open.get(id);
    if (transaction !== undefined) transaction.idle = setTimeout(() => this.#expire(id), this.#limits.idleMs);
  }

  /** PostgreSQL rolls back when a connection closes, whatever it is executing. */
  #expire(id: string): void {
    const transaction = this.#remove(id);
    transaction?.lease.spoil();
    transaction?.lease.release();
  }

  #remove(id: string): Transaction | undefined {
    const transaction = this.#open.get(id);
    if (transaction === undefined) return undefined;
    this.#open.delete(id);
    clearTimeout(transaction.idle);
    clearTimeout(transaction.end);
    transaction.lease.client.off('error', transaction.broken);
    return transaction;
  }
}
