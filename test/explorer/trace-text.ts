import type { Op } from './model/operation.ts';
import { isBodyRef, type RowImage } from '../../src/domain/row.ts';
import { isWrite, writeText } from './model/target-model.ts';

/** A step as text: who does what, and with which effect. */
export function stepText(actor: string | null, op: Op | null, how: string): string {
  const told = how === '' ? '' : `: ${how}`;
  if (op === null) return actor === null ? how : `${actor} ${how}`;
  return `${actor ?? ''} ${operationText(op)}${told}`;
}

function operationText(op: Op): string {
  if (op.on === 'target') {
    if (isWrite(op)) return `sends ${writeText(op)}`;
    switch (op.do) {
      case 'get':
        return `reads ${op.keys.map(({ PK, SK }) => `${PK} ${SK}`).join(', ')} in DynamoDB`;
      case 'scan':
        return 'scans the table';
      case 'intent':
        return `reads the intent of ${op.txn}`;
      case 'intents':
        return 'lists the intents';
      case 'forget':
        return `deletes the intent of ${op.txn}`;
      case 'putBody':
        return 'puts a body to S3';
      default:
        return 'reads a body from S3';
    }
  }
  if (op.on === 'control') {
    switch (op.do) {
      case 'mode':
        return 'reads the mode';
      case 'lease':
        return 'checks its lease';
      case 'move':
        return `moves the mode to ${op.to.mode}`;
      case 'awaitLeases':
        return 'waits out the leases';
      case 'awaitRequests':
        return 'waits T';
      case 'checkpoint':
        return 'reads its checkpoint';
      case 'saveCheckpoint':
        return `saves its checkpoint: ${op.value.done ? 'done' : `after ${op.value.after?.join(' ') ?? 'nothing'}`}`;
    }
  }
  switch (op.do) {
    case 'change':
      return `${op.row === null ? `deletes row ${op.pk}` : `writes row ${op.pk} = ${imageText(op.row)}`} in PostgreSQL`;
    case 'number':
      return 'takes a number before it has the lock';
    case 'mark':
      return 'inserts its done marks';
    case 'commit':
      return op.durable ? 'COMMIT' : 'COMMIT without waiting for the disk';
    case 'rollback':
      return 'ROLLBACK';
    case 'incarnation':
      return 'reads the incarnation of PostgreSQL';
    case 'flush':
      return 'flushes PostgreSQL';
    case 'pending':
      return 'reads the changelog';
    case 'markDone':
      return `marks ${op.seqs.join(', ')} as done`;
    case 'park':
      return `parks ${op.seq}`;
    case 'status':
      return `reads the status of transaction ${op.xid}`;
    case 'prune':
      return 'prunes the changelog';
    case 'current':
    case 'rows':
      return `reads row ${op.pks.join(', ')} in PostgreSQL`;
    case 'page':
      return `reads a page of PostgreSQL after ${op.after ?? 'the start'}`;
    case 'bodies':
      return 'reads bodies in PostgreSQL';
    case 'backlog':
      return 'reads the backlog';
    case 'openWriters':
    case 'stillOpen':
      return 'lists open writers';
    case 'capture':
      return 'installs capture';
    case 'discharge':
      return 'discharges all changes: the load covers them';
    case 'restore':
      return 'restores PostgreSQL from the snapshot';
    case 'fence':
      return 'raises the fence';
    case 'shown':
      return `shows ${op.value} to its caller`;
    case 'unfence':
      return 'takes the fence down';
  }
}

function imageText(image: RowImage): string {
  const { value, place, name, body } = image;
  const more = [place === 'home' ? '' : `at ${String(place)}`, name === null ? '' : `named ${String(name)}`];
  return [String(value), ...more, isBodyRef(body) ? 'with a body' : ''].filter((text) => text !== '').join(' ');
}
