import { z } from 'zod';
import { createChangelog } from '../src/adapters/postgres/changelog.ts';
import { highestChange, newestChanges } from '../src/adapters/postgres/newest-changes.ts';
import { createRowSource } from '../src/adapters/postgres/rows.ts';
import { compareRestored } from '../src/domain/verification/compare-restored.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ clusterArn: z.string().min(1), secretArn: z.string().min(1).optional(), entity: z.string() });

/** Compares one entity in a restored cluster with the live source, through the Data API on both. */
export const handler = makeHandler(event, async ({ clusterArn, secretArn, entity }, ports) => {
  const mapping = await ports.mapping();
  const compared = mapping.entities[entity];
  if (compared === undefined) throw new RangeError(`the plan has no entity ${entity}`);
  const { generation } = await ports.control.mode();
  const copy = ports.sqlOf(clusterArn, secretArn);
  const changelog = createChangelog(copy, { generation });
  return compareRestored(
    {
      restored: createRowSource(copy, mapping, generation),
      live: await ports.rows(),
      newest: (table, identities) => newestChanges(ports.sql, table, identities),
      highest: () => highestChange(copy),
      status: (xid) => changelog.status(xid),
    },
    compared,
  );
});
