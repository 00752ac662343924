import * as z from 'zod';
import { evaluateGuard } from '../../src/domain/cutover/guard.ts';
import { measureStage } from '../../src/domain/cutover/measure.ts';
import { ReadsDegraded, ReadsMismatched } from '../../src/domain/errors.ts';
import { MODES } from '../../src/domain/mode/modes.ts';
import { modeName } from '../../src/domain/mode/transitions.ts';
import { metricReader } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({ stage: z.object({ mode: z.enum(MODES), readPercent: z.number() }), from: now, now });

/**
 * Evaluates a stage by what clients measured since its bake began. A failure is thrown; `pass` and
 * `inconclusive` are returned.
 */
export const handler = makeHandler({
  uses: { control, plan, metricReader },
  writes: ['BASELINE'],
  event,
  run: async ({ stage, from, now: to }, { plan, metricReader, control }) => {
    const { minSamples } = plan.cutover;
    const evidence = await measureStage({ metricReader, control }, { from, to }, minSamples);
    const report = evaluateGuard(evidence, plan.cutover);
    const failed = report.checks.filter(({ verdict }) => verdict === 'fail');
    if (failed.length > 0) {
      const found = { stage: modeName(stage), checks: failed.map((check) => check.evidence) };
      throw failed.some(({ cause }) => cause === 'data-loss') ? new ReadsMismatched(found) : new ReadsDegraded(found);
    }
    return { stage: modeName(stage), ...report, measured: evidence };
  },
});
