import { setTimeout as pause } from 'node:timers/promises';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { settleBacklog } from '../../src/domain/window/backlog.ts';
import { checkWindow } from '../../src/domain/window/window-store.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim, verification } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { changelog } from '../wiring/source.ts';
import { intentReader } from '../wiring/target.ts';

/**
 * Adds a night to the window and decides whether the window may end: days, clean nights, empty
 * backlog. Too many mismatches fail.
 */
export const handler = makeHandler({
  uses: { control, plan, changelog, intentReader },
  writes: ['LOCK', 'WINDOW', 'PHASE'],
  event: lockClaim.extend({ verification: verification.nullish() }),
  run: async (event, ports) => {
    const { control, plan } = ports;
    await holdLock(control, event);
    const { now, verification: seen } = event;
    const night = seen
      ? {
          at: now,
          verification: seen.run,
          clean: seen.clean,
          mismatches: seen.mismatches,
          unverified: seen.unverified,
          percent: seen.mismatchPercent,
        }
      : null;
    const { generation } = await control.mode();
    const early = await checkWindow(control, plan.window, { now, generation, night, backlog: [] });
    // While days are missing anyway, there is no need to wait for an empty backlog.
    const evidence = early.holds
      ? await checkWindow(control, plan.window, {
          now,
          generation,
          night: null,
          backlog: await settleBacklog(ports.changelog, ports.intentReader, () => pause(500), 40),
        })
      : early;
    const { day, cleanInARow, reasons } = evidence;
    await notePhase(control, 'dual-write', { detail: { day, nights: evidence.nights.length, cleanInARow, reasons } });
    return evidence;
  },
});
