import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Capture } from './install.ts';

/**
 * Throws unless the source is the one that this generation was begun on: the same tables, columns, keys and partitions, each still
 * captured. An ALTER TABLE, an ATTACH or a disabled trigger stops here, before anybody relies on the changelog being whole (RACE 37, RACE 71).
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
