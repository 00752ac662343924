import { MismatchesFound } from '../src/domain/errors.ts';
import { claim, verification } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** Fails unless a verification found nothing at all: no mismatch, nothing unverified. */
export const handler = makeHandler(claim.extend({ verification }), async ({ verification: found }) => {
  if (!found.clean) throw new MismatchesFound({ mismatches: found.mismatches, unverified: found.unverified });
  return found;
});
