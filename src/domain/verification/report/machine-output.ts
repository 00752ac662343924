import type { VerificationSummary } from './schema.ts';

/** A payload of Step Functions has 256 KiB; the states after it add a little. */
const MOST_BYTES = 200_000;

/**
 * The summary as the verify machine returns it. With many hundred entities it would not fit into a payload, and States.ALL does not catch
 * that: then it comes without its lists, which the record in the control table has.
 */
export function machineOutput(summary: VerificationSummary): VerificationSummary {
  if (Buffer.byteLength(JSON.stringify(summary)) <= MOST_BYTES) return summary;
  return { ...summary, entities: {}, damages: {}, examples: [], unstable: [], accepted: [], digests: {}, segments: [] };
}
