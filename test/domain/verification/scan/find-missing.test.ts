import { expect, test } from '@jest/globals';
import type { RowSource } from '../../../../src/domain/ports/source.ts';
import type { Identity } from '../../../../src/domain/row.ts';
import { findMissing } from '../../../../src/domain/verification/scan/find-missing.ts';
import { redact } from '../../../../src/domain/verification/compare/finding.ts';
import type { RecheckPorts } from '../../../../src/domain/verification/recheck/recheck.ts';
import { createScannedRows } from '../../../../src/domain/verification/scan/scanned-rows.ts';
import { mappingOf } from '../../campaigns.ts';

function refuse(): never {
  throw new Error('not asked here');
}

const idOf = (n: number): Identity => [`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`];
const numberOf = (identity: Identity | null | undefined): number => Number(identity?.[0]?.slice(-12) ?? -1);

/** Rows 0 to `size`, of which the recheck finds none any more: what it asks for is what the pass took for missing. */
function ports(size: number, asked: number[]): RecheckPorts {
  const rows: RowSource = {
    keys: async (_, { after }, limit) => {
      const first = numberOf(after) + 1;
      const left = Math.max(0, Math.min(limit, size - first));
      return Array.from({ length: left }, (__, at) => ({ identity: idOf(first + at), image: {} }));
    },
    rows: async (_, identities) => {
      asked.push(...identities.map(numberOf));
      return [];
    },
    page: refuse,
    current: refuse,
    stride: refuse,
    body: refuse,
    bodies: refuse,
    catalogue: refuse,
  };
  const time = { monotonic: () => 0, sleep: async () => {} };
  return {
    mapping: mappingOf(),
    generation: 1,
    rows,
    rowDigests: refuse,
    table: { get: async () => [] },
    bodies: { head: refuse, digest: refuse },
    changelog: {
      pending: refuse,
      markDone: refuse,
      park: refuse,
      backlog: refuse,
      status: refuse,
      incarnation: refuse,
      flush: refuse,
      prune: refuse,
    },
    intents: { get: refuse, list: refuse },
    time,
  };
}

// A page has 4,000.
test.each([0, 1, 3999, 4000, 4001, 8000, 9500])(
  'RACE-30 of %i rows those that no segment met are looked for, on every page',
  async (size) => {
    const absent = [0, 3999, 4000, 7999, 8000, 9499].filter((n) => n < size);
    const asked: number[] = [];
    const told: number[] = [];
    const result = await findMissing(ports(size, asked), {
      entity: 'CAMPAIGN',
      range: { after: null, upTo: null },
      sampling: null,
      removeScanned: async (kind, roll) => {
        const seen = createScannedRows();
        for (let n = 0; n < size; n++) if (!absent.includes(n)) seen.add(kind, idOf(n));
        roll.remove(seen.encode());
      },
      progress: (rows) => told.push(rows),
      indexKeys: new Set<string>(),
      show: redact,
      stableMs: 1,
      stabilityTimeoutMs: 1,
      now: '2026-01-01T00:00:00.000Z',
    });
    expect(asked).toEqual(absent);
    expect(told.reduce((sum, rows) => sum + rows, 0)).toBe(size);
    expect(result.entities['CAMPAIGN']?.source ?? 0).toBe(size);
    expect(result.mismatches).toEqual([]);
  },
);
