import type { Mapping } from '../../../domain/mapping/mapping.ts';
import { CaptureRefused, LockTimeout } from '../../../domain/errors.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { triggerName } from '../capture/trigger-function.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { paced } from '../connection/paced.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { identityText, isPartitioned, oldKeyImage, type Relation, rowImage } from '../sql/relation.ts';
import { ATTACH_FUNCTIONS } from './attach.ts';
import { REFUSED, REHEARSAL_FUNCTIONS } from './rehearse.ts';

export const INSTALL_FUNCTIONS: readonly string[] = [...ATTACH_FUNCTIONS, ...REHEARSAL_FUNCTIONS];

/** Rows whose images are read, for how long at most, and tables of a partition tree in which writes are tried. */
const READ_ROWS = 20;
const READ_MS = 5_000;
const REHEARSED_LEAVES = 3;
/** Tables that are locked at once. */
const LEAVES_AT_ONCE = 10;
/** A call of the Data API ends after 45 s. */
const CALL_MS = 40_000;

interface Trigger {
  readonly name: string;
  readonly definition: string;
}

/**
 * Installs capture on the tables of one relation and rehearses it there: reads rows as images, and updates, deletes and inserts a row
 * as each role that may write, rolled back again. What takes the longer the larger rows are is done before a table is locked, and tables are
 * locked a few at a time, so that locks are held for milliseconds.
 *
 * A table is rehearsed in the transaction that installs its trigger. Only the trigger of a partitioned table, which goes to all partitions at
 * once, is rehearsed on single partitions before.
 *
 * @throws CaptureRefused where the rehearsal fails; nothing of this call is kept, except on inheritance children before the one that fails
 * @throws LockTimeout where the tables are locked by others all the time
 */
export async function installTable(
  sql: SqlSource,
  mapping: Mapping,
  relation: Relation,
  trigger: Trigger,
): Promise<void> {
  try {
    await readImages(sql, mapping, relation);
    await attach(sql, relation, trigger);
  } catch (error) {
    if (sqlstateOf(error) !== REFUSED || !(error instanceof Error)) throw error;
    throw new CaptureRefused({ relation: relation.name, reason: reasonOf(error) }, { cause: error });
  }
}

async function attach(sql: SqlSource, relation: Relation, trigger: Trigger): Promise<void> {
  const { root } = relation;
  const leaves = relation.table.leaves.map(quotedLeaf);
  const rehearsed = leaves.slice(0, REHEARSED_LEAVES);
  const named = { relation: relation.name, function: trigger.name, trigger: triggerName(relation) };
  const install = async (tx: Sql, tables: readonly (readonly [string, string | null])[], onRoot: boolean) => {
    await tx.query('SELECT portage.install(:relation, :function, :trigger, :root, :leaves, :others) AS installed', {
      ...named,
      root: onRoot ? root : '',
      leaves: JSON.stringify(leaves),
      others: JSON.stringify(tables),
    });
  };
  const define = async (tx: Sql) => {
    await tx.query(trigger.definition);
    await tx.query(`REVOKE ALL ON FUNCTION ${trigger.name}() FROM PUBLIC`);
  };
  const partitioned = isPartitioned(relation);
  if (partitioned) {
    await paced(rehearsed, (leaf) =>
      withRows(sql, root, leaf, async (tx, rows) => {
        await tx.query('SELECT portage.try_trigger(:definition, :function, :trigger, :leaf, :rows) AS tried', {
          function: trigger.name,
          trigger: named.trigger,
          definition: trigger.definition,
          leaf,
          rows,
        });
      }),
    );
    await withLocks(sql, root, async (tx) => {
      await define(tx);
      await install(tx, [], true);
    });
  } else {
    const first = [root, ...rehearsed.filter((leaf) => leaf !== root)].slice(0, REHEARSED_LEAVES);
    await paced(first, (leaf) =>
      withRows(sql, root, leaf, async (tx, rows) => {
        if (leaf === root) await define(tx);
        await install(tx, [[leaf, rows]], leaf === root);
      }),
    );
  }
  const others = partitioned ? leaves : leaves.filter((leaf) => leaf !== root);
  const batches = Array.from({ length: Math.ceil(others.length / LEAVES_AT_ONCE) }, (_, n) =>
    others.slice(n * LEAVES_AT_ONCE, (n + 1) * LEAVES_AT_ONCE),
  );
  await paced(batches, (batch) =>
    withLocks(sql, relation.name, (tx) =>
      install(
        tx,
        batch.map((leaf) => [leaf, null]),
        false,
      ),
    ),
  );
}

/** Locks a table after the rows to rehearse with were found. */
async function withRows(
  sql: SqlSource,
  root: string,
  leaf: string,
  work: (tx: Sql, rows: string) => Promise<void>,
): Promise<void> {
  let rows = '{}';
  await withLocks(
    sql,
    leaf,
    (tx) => work(tx, rows),
    async (tx) => {
      const [found] = await tx.query('SELECT portage.prepare_rehearsal(:root, :leaf) AS rows', { root, leaf });
      rows = String(found?.['rows']);
    },
  );
}

/** Computes everything that the trigger computes, of a row without values and of some that are there, without locking writers out. */
async function readImages(sql: SqlSource, mapping: Mapping, relation: Relation): Promise<void> {
  const texts = [rowImage(mapping, relation, 't'), oldKeyImage(mapping, relation, 't'), identityText(relation, 't')];
  const images =
    `SELECT num_nulls(${texts.join(', ')}) FROM (SELECT (NULL::${relation.root}).* UNION ALL` +
    ` (SELECT * FROM ${relation.root} LIMIT ${READ_ROWS})) AS t`;
  const tx = await sql.begin();
  try {
    await tx.query(`SELECT set_config('statement_timeout', :limit, true) AS limited`, { limit: String(CALL_MS) });
    await tx.query('SELECT portage.read_images(:images, CAST(:limit AS int)) AS read', { images, limit: READ_MS });
  } catch (error) {
    throw sqlstateOf(error) === '57014' ? new LockTimeout({ relation: relation.name }, { cause: error }) : error;
  } finally {
    await tx.rollback().catch(() => {});
  }
}

/** PostgreSQL's message without the additions of the adapter. */
function reasonOf({ message }: Error): string {
  return /portage: (.*?)(?: \(SQLSTATE|$)/m.exec(message)?.[1] ?? message;
}
