import type { MemoryFigure } from './memory.ts';

export interface Figures {
  readonly rows: number;
  readonly verificationMs: number;
  readonly scanMs: number;
  /** Read units of a verification, and the least that reading everything once costs. */
  readonly units: number;
  readonly least: number;
  readonly memory: readonly MemoryFigure[];
}

/** Limits that a verification must meet. */
const MOST_TIME = 2;
const MOST_UNITS = 1.1;
/** Memory may grow by at most this much for a hundred times the rows: the noise of the garbage collector. */
const MOST_GROWTH_MB = 24;

/** The figures as lines, and whether they meet the limits. */
export function checkThresholds(figures: Figures): { readonly lines: readonly string[]; readonly passed: boolean } {
  const { rows, verificationMs, scanMs, units, least, memory } = figures;
  const [time, cost] = [verificationMs / scanMs, units / least];
  const peaks = memory.map(({ peakMb }) => peakMb);
  const growth = peaks.length === 0 ? 0 : (peaks.at(-1) ?? 0) - (peaks[0] ?? 0);
  return {
    lines: [
      `${mark(time <= MOST_TIME)} time    ${round(verificationMs)} ms for ${rows} rows (${round((rows / verificationMs) * 1000)} rows/s), bare scan ${round(scanMs)} ms: ${time.toFixed(2)} times, at most ${MOST_TIME.toFixed(1)}`,
      `${mark(cost <= MOST_UNITS)} units   ${units} read units, ${least} at least: ${cost.toFixed(3)} times, at most ${MOST_UNITS}`,
      ...memory.map(({ rows: size, peakMb, seconds }) => `     memory  ${size} rows: peak ${peakMb} MB, ${seconds} s`),
      ...(memory.length === 0
        ? []
        : [`${mark(growth <= MOST_GROWTH_MB)} growth  ${growth} MB, at most ${MOST_GROWTH_MB}`]),
    ],
    passed: time <= MOST_TIME && cost <= MOST_UNITS && growth <= MOST_GROWTH_MB,
  };
}

function mark(fine: boolean): string {
  return fine ? 'ok  ' : 'FAIL';
}

function round(value: number): number {
  return Math.round(value);
}
