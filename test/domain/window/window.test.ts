import { expect, test } from '@jest/globals';
import { evaluateWindow, type Night, type Window, withNight } from '../../../src/domain/window/window.ts';

const RULES = { days: 14, cleanNights: 7, alarmPercent: 1 };
const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();

function night(n: number, more: Partial<Night> = {}): Night {
  return { at: day(n), verification: `v${n}`, clean: true, mismatches: 0, unverified: 0, percent: 0, ...more };
}

function windowOf(nights: readonly Night[]): Window {
  return nights.reduce<Window>((window, each) => withNight(window, each), {
    generation: 1,
    startedAt: day(0),
    nights: [],
  });
}

test('fourteen days, seven clean nights in a row and no backlog open it', () => {
  const nights = Array.from({ length: 14 }, (_, index) => night(index + 1));
  expect(evaluateWindow(windowOf(nights), RULES, [], day(14))).toMatchObject({
    holds: true,
    cleanInARow: 14,
    reasons: [],
  });
});

test('days without nights, nights without days, and a backlog do not', () => {
  expect(evaluateWindow(windowOf([]), RULES, [], day(20)).reasons).toEqual(['0 of 7 clean nights in a row']);
  const early = windowOf(Array.from({ length: 8 }, (_, index) => night(index + 1)));
  expect(evaluateWindow(early, RULES, [], day(8)).reasons).toEqual(['day 8 of 14']);
  const full = windowOf(Array.from({ length: 14 }, (_, index) => night(index + 1)));
  expect(evaluateWindow(full, RULES, ['2 intents open'], day(14)).holds).toBe(false);
});

test('a night with a mismatch or an unverified row starts the count anew', () => {
  const nights = Array.from({ length: 14 }, (_, index) => night(index + 1, { clean: index !== 9, unverified: 1 }));
  expect(evaluateWindow(windowOf(nights), RULES, [], day(14))).toMatchObject({
    holds: false,
    cleanInARow: 4,
    alarm: false,
  });
});

test('more mismatches than the alarm are an alarm', () => {
  const bad = windowOf([night(1, { clean: false, mismatches: 30, percent: 1.5 })]);
  expect(evaluateWindow(bad, RULES, [], day(1)).alarm).toBe(true);
});

test('a retried task brings its night once', () => {
  expect(windowOf([night(1), night(1), night(2)]).nights.map(({ verification }) => verification)).toEqual(['v1', 'v2']);
});
