import type { Plan } from '../plan/plan.ts';

/** What counts of a nightly verification towards leaving the window. */
export interface Night {
  readonly at: string;
  readonly verification: string;
  readonly clean: boolean;
  readonly mismatches: number;
  readonly unverified: number;
  readonly percent: number;
}

/** Control record kind WINDOW, id `window`: from the start of dual writes until a data loss makes its evidence worthless. */
export interface Window {
  readonly startedAt: string;
  readonly nights: readonly Night[];
}

export interface WindowVerdict {
  readonly holds: boolean;
  /** Why it may not be left yet; empty when it may. */
  readonly reasons: readonly string[];
  readonly day: number;
  readonly cleanInARow: number;
  /** More mismatches than the plan's alarm: dual writing is broken. */
  readonly alarm: boolean;
}

const DAY = 86_400_000;

/** Adds a night once, by its verification: a retried task brings the same one. */
export function withNight(window: Window, night: Night): Window {
  const others = window.nights.filter(({ verification }) => verification !== night.verification);
  return { ...window, nights: [...others, night].toSorted((left, right) => (left.at < right.at ? -1 : 1)) };
}

/** Whether the window may be left: on days, clean nights in a row and an empty backlog, never on a percentage alone. */
export function evaluateWindow(
  window: Window,
  plan: Plan['window'],
  backlog: readonly string[],
  now: string,
): WindowVerdict {
  const day = Math.floor((Date.parse(now) - Date.parse(window.startedAt)) / DAY);
  const lastDirty = window.nights.findLastIndex(({ clean }) => !clean);
  const cleanInARow = window.nights.length - 1 - lastDirty;
  const last = window.nights.at(-1);
  const reasons = [
    ...(day < plan.days ? [`day ${day} of ${plan.days}`] : []),
    ...(cleanInARow < plan.cleanNights ? [`${cleanInARow} of ${plan.cleanNights} clean nights in a row`] : []),
    ...backlog,
  ];
  const alarm = last !== undefined && last.percent > plan.alarmPercent;
  return { holds: reasons.length === 0 && !alarm, reasons, day, cleanInARow, alarm };
}
