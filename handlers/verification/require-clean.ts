import { EvidenceInsufficient, MismatchesFound, RowsUnverified } from '../../src/domain/errors.ts';
import { VERIFICATION, type VerificationSummary } from '../../src/domain/verification/report/schema.ts';
import { isFull } from '../../src/domain/verification/report/scope.ts';
import { control } from '../wiring/control.ts';
import { lockClaim, verification } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Fails unless a verification covered everything and found no mismatch and no unverified row,
 * except those accepted by name. A sample is never clean.
 */
export const handler = makeHandler({
  uses: { control },
  event: lockClaim.extend({ verification }),
  run: async ({ verification: found }, { control }) => {
    if (found.clean) return found;
    const { run, mismatches, unverified } = found;
    if (mismatches > 0) throw new MismatchesFound({ mismatches, unverified });
    const record = (await control.read<VerificationSummary>(VERIFICATION, run))?.value;
    if (record !== undefined && !isFull(record.scope))
      throw new EvidenceInsufficient({ gate: 'the gate', reasons: [`verification ${run} looked at a part only`] });
    const rows = (record?.unstable ?? []).map(({ entity, identity }) => `${entity} ${identity.join(' ')}`);
    throw new RowsUnverified({ run, rows: rows.length > 0 ? rows : [`${unverified} rows`] });
  },
});
