import * as z from 'zod';
import { WritesStopped } from '../../../domain/errors.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Change, SourceTransaction, SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import type { CapturedSource, CapturedTransaction, Collected } from '../../../domain/ports/captured-source.ts';
import { createRowSource } from '../rows/row-source.ts';
import { rowImageSchema } from '../rows/row-image-schema.ts';

export interface CapturedOptions {
  readonly mapping: Mapping;
  readonly generation: number;
  /** How long a statement waits for a lock. */
  readonly lockMs: number;
  /** How long a dead client keeps its row locks (RACE-77). */
  readonly idleMs: number;
}

const head = z.object({ xid: z.string().nullable(), count: z.number(), missed: z.number(), parts: z.number() });
const line = z.object({
  seq: z.number(),
  relation: z.string(),
  pk: z.array(z.string()),
  oldKey: rowImageSchema.nullable(),
  row: rowImageSchema.nullable(),
});

const OPEN = 'portage.begin_write(:portage_txn, CAST(:portage_lock_ms AS int), CAST(:portage_idle_ms AS int))';

/** Transactions whose changes the trigger passes to the client in a transaction-local setting. */
export function createCapturedSource(sql: SqlSource, options: CapturedOptions): CapturedSource {
  return {
    begin: async (txn) => capturedTransaction(await sql.begin(), txn, options),
  };
}

function capturedTransaction(tx: SourceTransaction, txn: string, options: CapturedOptions): CapturedTransaction {
  const opening = { portage_txn: txn, portage_lock_ms: options.lockMs, portage_idle_ms: options.idleMs };
  let opened = false;
  const open = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    await tx.query(`SELECT ${OPEN} AS txn`, opening);
  };
  const query = async (
    text: string,
    parameters: Readonly<Record<string, SqlValue>> = {},
  ): Promise<readonly SqlRow[]> => {
    await open();
    return tx.query(text, parameters);
  };
  return {
    query,
    run: async ({ text, parameters }) => {
      if (opened) return tx.query(text(`'open'::text`), parameters);
      opened = true;
      const rows = await tx.query(text(OPEN), { ...parameters, ...opening });
      // If the statement touched no row, PostgreSQL may not have evaluated the opening call.
      if (rows.length === 0) await tx.query(`SELECT ${OPEN} AS txn`, opening);
      return rows;
    },
    collect: async () => {
      await open();
      return collect(tx, txn);
    },
    mark: async (seqs) => {
      const rows = await tx.query('SELECT portage.mark(:txn, :seqs, CAST(:generation AS int)) AS generation', {
        txn,
        seqs: JSON.stringify(seqs),
        generation: options.generation,
      });
      if (Number(rows[0]?.['generation']) !== options.generation) throw new WritesStopped({ mode: 'capture' });
    },
    commit: () => tx.commit(),
    rollback: () => tx.rollback(),
    rows: createRowSource({ query }, options.mapping),
  };
}

async function collect(tx: SourceTransaction, txn: string): Promise<Collected> {
  const first = await tx.query('SELECT part, body FROM portage.collect(0)');
  const { xid, count, missed, parts } = head.parse(JSON.parse(String(first[0]?.['body'])));
  const bodies = first.slice(1).map((row) => String(row['body']));
  while (bodies.length < parts) {
    const more = await tx.query('SELECT part, body FROM portage.collect(CAST(:from AS int))', { from: bodies.length });
    bodies.push(...more.map((row) => String(row['body'])));
  }
  const lines = bodies
    .join('')
    .split('\n')
    .filter((text) => text !== '');
  const changes = lines.map((text): Change => ({ ...line.parse(JSON.parse(text)), xid: xid ?? '', txn }));
  return { xid, count, missed, changes };
}
