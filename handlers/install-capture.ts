import { z } from 'zod';
import { patience } from '../src/adapters/clock/patience.ts';
import { installCapture, openWriters, stillOpen } from '../src/adapters/postgres/capture.ts';
import { readShardOwners } from '../src/adapters/postgres/shard-owners.ts';
import { installGeneration } from '../src/domain/load/install.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ run: z.string().min(1) });

/** Begins a generation: capture installed, older transactions ended, facts saved, mode moved to capture. */
export const handler = makeHandler(event, async ({ run }, ports) => {
  const { plan, control, sql, table } = ports;
  return installGeneration(
    {
      plan,
      control,
      table,
      time: patience,
      capture: {
        catalogue: () => ports.catalogue(),
        install: (mapping, generation) => installCapture(sql, mapping, generation),
        openWriters: () => openWriters(sql),
        stillOpen: (writers) => stillOpen(sql, writers),
        shardOwners: (mapping) => readShardOwners(sql, mapping),
      },
    },
    run,
  );
});
