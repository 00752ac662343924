import type { Plan } from '../plan/plan.ts';

/** The results of a nightly verification that count towards ending the window. */
export interface Night {
  readonly at: string;
  readonly verification: string;
  readonly clean: boolean;
  readonly mismatches: number;
  readonly unverified: number;
  readonly percent: number;
}

/** Control record kind WINDOW, id `window`: from the start of dual writes until a data loss invalidates its evidence. */
export interface Window {
  /** A window proves something about one generation only. */
  readonly generation: number;
  readonly startedAt: string;
  readonly nights: readonly Night[];
}

export interface WindowVerdict {
  readonly holds: boolean;
  /** The reasons why the window cannot end yet; empty if it can. */
  readonly reasons: readonly string[];
  readonly day: number;
  readonly cleanInARow: number;
  /** More mismatches than the plan's alarm threshold: dual writes are broken. */
  readonly alarm: boolean;
}

const DAY = 86_400_000;

/** Adds a night. A retried task passes the same verification again, which is not counted twice. */
export function withNight(window: Window, night: Night): Window {
  const others = window.nights.filter(({ verification }) => verification !== night.verification);
  return { ...window, nights: [...others, night].toSorted((left, right) => (left.at < right.at ? -1 : 1)) };
}

/** Evaluates whether the window may end: it needs enough days, enough clean nights in a row and an empty backlog, never a percentage alone. */
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
