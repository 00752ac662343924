import { expect, test } from '@jest/globals';
import {
  assertSource,
  assertTemporary,
  backupSnapshotId,
  finalSnapshotId,
  restoreClusterId,
  restoreInstanceId,
} from '../../../src/domain/decommission/names.ts';
import { IdentifierRefused } from '../../../src/domain/errors.ts';

test.each(['2026-11-22-a', 'Run_ 7 !!', 'x'.repeat(80), '---', '龍'])(
  'run %s makes identifiers that RDS takes',
  (run) => {
    for (const id of [
      backupSnapshotId('campaigns-production-cluster', run),
      restoreInstanceId(restoreClusterId('campaigns-production-cluster', run)),
      finalSnapshotId('campaigns-production-cluster', run),
    ]) {
      expect(id).toMatch(/^[a-z](?:-?[a-z0-9])*$/);
      expect(id.length).toBeLessThanOrEqual(63);
    }
  },
);

test('RACE-54 the source is never taken for the temporary cluster, nor the other way round', () => {
  const temporary = restoreClusterId('prod', 'r1');
  expect(() => assertTemporary(temporary, 'prod')).not.toThrow();
  for (const id of ['prod', 'prod-portage-final-r1', restoreClusterId('other', 'r1')])
    expect(() => assertTemporary(id, 'prod')).toThrow(IdentifierRefused);
  expect(() => assertSource('prod', 'prod')).not.toThrow();
  expect(() => assertSource(temporary, temporary)).toThrow(IdentifierRefused);
  expect(() => assertSource(temporary, 'prod')).toThrow(IdentifierRefused);
});

test('a cluster whose name leaves no room is refused, not cut', () => {
  expect(() => restoreClusterId('c'.repeat(50), 'r1')).toThrow(IdentifierRefused);
});
