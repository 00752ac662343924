import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Capture } from './install.ts';

/**
 * Throws SchemaChanged unless the source still has the tables, columns, keys and partitions that this generation began with, each still
 * captured. Detects an ALTER TABLE, an ATTACH or a disabled trigger before any step relies on a complete changelog (RACE-37, RACE-71).
 */
export async function assertUnchanged(
  control: Pick<ControlTable, 'facts'>,
  capture: Pick<Capture, 'catalogue' | 'gaps'>,
  mapping: Mapping,
  generation: number,
): Promise<void> {
  const [facts, catalogue, gaps] = await Promise.all([
    control.facts(generation),
    capture.catalogue(),
    capture.gaps(mapping),
  ]);
  const expected = facts?.catalogue.fingerprint ?? 'none';
  if (expected !== catalogue.fingerprint) throw new SchemaChanged({ expected, found: catalogue.fingerprint });
  if (gaps.length > 0) throw new SchemaChanged({ expected: 'every table captured', found: gaps.join('; ') });
}
