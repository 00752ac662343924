import * as z from 'zod';
import { EpochMoved, SourceUnavailable } from '../../../domain/errors.ts';
import type { Change, Changelog, Sql, TransactionStatus } from '../../../domain/ports/source.ts';
import { AdaptiveBatchSize, batchOfRows } from '../connection/adaptive-batch.ts';
import { OPEN_WRITERS } from './capture.ts';
import { joinParts, partsSql } from '../sql/split-text.ts';
import { Flush, incarnationOf } from './flush.ts';
import { rowImageSchema } from '../rows/row-image-schema.ts';

const identity = z.array(z.string());
const STATUSES: readonly TransactionStatus[] = ['in progress', 'committed', 'aborted', 'unknown', 'future'];

/** Unmarked rows: their transaction did not write to the target itself, so the relay must. */
export const PENDING =
  'portage.changelog AS c WHERE c.seq > (SELECT h.seq FROM portage.horizon AS h)' +
  ' AND NOT EXISTS (SELECT 1 FROM portage.done AS d WHERE d.seq = c.seq AND d.xid = c.xid)' +
  ' AND NOT EXISTS (SELECT 1 FROM portage.parked AS p WHERE p.seq = c.seq)';

/** Changelog rows that one call of `prune` deletes. */
const PRUNE_BATCH = 5_000;

/** The changelog in the source. Each statement commits by itself. */
export function createChangelog(sql: Sql): Changelog {
  const batchSize = new AdaptiveBatchSize(100);
  const flush = new Flush(sql);
  return {
    pending: async (limit) => {
      const found: Change[] = [];
      await batchSize.fetchAll('pending', limit, async (size) => {
        const after = found.at(-1)?.seq ?? 0;
        const rows = await sql.query(
          `WITH page AS MATERIALIZED (SELECT c.*, c.seq AS n FROM ${PENDING} AND c.seq > :after ORDER BY c.seq LIMIT :size) ` +
            partsSql('seq, xid::text AS xid, txn, relation, pk, old_key', '"row"', 'page'),
          { size, after },
        );
        const answer = joinParts(rows);
        const changes = answer.joined.map(({ row, text }) => ({
          seq: Number(row['seq']),
          xid: String(row['xid']),
          txn: row['txn'] === null ? null : String(row['txn']),
          relation: String(row['relation']),
          pk: identity.parse(JSON.parse(String(row['pk']))),
          oldKey: row['old_key'] === null ? null : rowImageSchema.parse(JSON.parse(String(row['old_key']))),
          row: text === null ? null : rowImageSchema.parse(JSON.parse(text)),
        }));
        found.push(...changes);
        return batchOfRows(answer, size);
      });
      return found;
    },
    markDone: async (seqs, generation) => {
      const rows = await sql.query(
        `WITH g AS (SELECT generation FROM portage.generation), marks AS (INSERT INTO portage.done (seq, xid)` +
          ` SELECT c.seq, c.xid FROM json_array_elements_text(CAST(:seqs AS json)) AS s JOIN portage.changelog AS c ON c.seq = s.value::bigint, g` +
          ` WHERE g.generation = :generation ON CONFLICT DO NOTHING)` +
          ` SELECT generation FROM g`,
        { seqs: JSON.stringify(seqs), generation },
      );
      const found = rows[0]?.['generation'] ?? null;
      if (Number(found) !== generation)
        throw new EpochMoved({ of: 'generation', expected: generation, found: found === null ? null : Number(found) });
    },
    park: async (seq, reason) => {
      await sql.query(
        `INSERT INTO portage.parked (seq, reason) VALUES (:seq, :reason) ON CONFLICT (seq) DO UPDATE SET reason = excluded.reason`,
        { seq, reason: reason.slice(0, 2_000) },
      );
    },
    backlog: async () => {
      const rows = await sql.query(
        `SELECT p.pending, p.oldest, p.newest, (SELECT count(*) FROM portage.parked) AS parked,` +
          ` (SELECT count(*) FROM portage.missed) AS missed, (SELECT count(*) FROM portage.captured AS c WHERE NOT c.carried AND EXISTS (SELECT 1 FROM pg_catalog.pg_trigger AS t WHERE t.oid = c.trigger)) AS adopting, (SELECT count(*) FROM portage.carry) AS carrying, (SELECT count(*) FROM (${OPEN_WRITERS}) AS w) AS writers` +
          ` FROM (SELECT count(*) AS pending, min(c.seq) AS oldest, max(c.seq) AS newest FROM ${PENDING}) AS p`,
      );
      const [row = {}] = rows;
      return {
        pending: Number(row['pending']),
        oldest: numberOrNull(row['oldest']),
        newest: numberOrNull(row['newest']),
        parked: Number(row['parked']),
        missed: Number(row['missed']),
        adopting: Number(row['adopting']),
        carrying: Number(row['carrying']),
        openWriters: Number(row['writers']),
      };
    },
    status: async (xid) => {
      const rows = await sql.query('SELECT portage.status(:xid) AS status', { xid });
      const status = STATUSES.find((status) => status === rows[0]?.['status']);
      if (status === undefined) throw new TypeError(`no such transaction status: ${String(rows[0]?.['status'])}`);
      return status;
    },
    incarnation: () => incarnationOf(sql),
    flush: async (incarnation) => {
      const flushed = await flush.join();
      if (incarnation !== undefined && flushed !== incarnation)
        throw new SourceUnavailable({ operation: 'a flush: PostgreSQL was restarted after the row was read' });
    },
    prune: async () => {
      await sql.query('SELECT portage.advance() AS horizon, portage.admit() AS admitted');
      await sql.query(
        `DELETE FROM portage.flushed WHERE ctid IN (SELECT ctid FROM portage.flushed LIMIT ${10 * PRUNE_BATCH})`,
      );
      // The newest row of each key is kept: a reload must not take the key for unchanged (RACE-69).
      const rows = await sql.query(
        `WITH gone AS (DELETE FROM portage.changelog WHERE seq IN (SELECT c.seq FROM portage.changelog AS c` +
          ` WHERE EXISTS (SELECT 1 FROM portage.done AS d WHERE d.seq = c.seq AND d.xid = c.xid)` +
          ` AND EXISTS (SELECT 1 FROM portage.changelog AS n WHERE n.relation = c.relation AND n.pk = c.pk AND n.seq > c.seq)` +
          ` ORDER BY c.seq LIMIT ${PRUNE_BATCH}) RETURNING seq),` +
          ` marks AS (DELETE FROM portage.done AS d USING gone WHERE d.seq = gone.seq) SELECT count(*) AS count FROM gone`,
      );
      return Number(rows[0]?.['count']);
    },
  };
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
