import * as z from 'zod';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { control, mapping, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { changelog, rows } from '../wiring/source.ts';
import { bodies, intentReader, tableRepair } from '../wiring/target.ts';

const event = z.object({
  seconds: z.number().positive().max(600).default(50),
  /** False keeps the relay polling until its time is up; then the schedule starts the next one. */
  untilIdle: z.boolean().default(true),
  now: z.string().optional(),
});

const LIMIT = 500;
const IDLE_MS = 250;

/** Applies committed changes to the target until none is left or time is up. */
export const handler = makeHandler({
  uses: { control, mapping, rows, changelog, tableRepair, intentReader, bodies, time },
  event,
  run: async ({ seconds, untilIdle, now }, ports) => {
    const ends = ports.time.monotonic() + seconds * 1000;
    let [done, parked] = [0, 0];
    for (;;) {
      const { mode, generation } = await ports.control.mode();
      // Before `capture` there is no changelog, after `complete` no source.
      if (mode === 'off' || mode === 'complete') return { done, parked, idle: true };
      const round = await relayOnce(
        {
          changelog: ports.changelog,
          rows: await ports.rows(),
          table: ports.tableRepair,
          intents: ports.intentReader,
          bodies: ports.bodies,
          control: ports.control,
        },
        { mapping: await ports.mapping(), generation, limit: LIMIT, at: now ?? new Date().toISOString() },
      );
      done += round.done;
      parked += round.parked;
      const idle = !round.more;
      if ((idle && untilIdle) || ports.time.monotonic() > ends) return { done, parked, idle };
      if (idle) await ports.time.sleep(IDLE_MS);
    }
  },
});
