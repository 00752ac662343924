import { createHash } from 'node:crypto';
import { IdentifierRefused } from '../errors.ts';

/** RDS identifiers: letters, digits and single hyphens, 63 at most. */
const MAX = 63;

/** Name of the snapshot that is restored and compared. */
export function backupSnapshotId(clusterId: string, run: string): string {
  return named(clusterId, 'backup', run);
}

/** Name of the temporary cluster. No production cluster has this word in the middle of its name (RACE-54). */
export function restoreClusterId(clusterId: string, run: string): string {
  return named(clusterId, 'restore', run, 2);
}

/** The name of the instance in the temporary cluster. */
export function restoreInstanceId(restoreId: string): string {
  return `${restoreId}-1`;
}

/** Name of the snapshot that is kept when the cluster is deleted. */
export function finalSnapshotId(clusterId: string, run: string): string {
  return named(clusterId, 'final', run);
}

/** Throws IdentifierRefused unless the name is that of a temporary cluster of this source. */
export function assertTemporary(id: string, clusterId: string): void {
  const prefix = `${clusterId}-portage-restore-`;
  if (!id.startsWith(prefix) || id === clusterId)
    throw new IdentifierRefused({ id, expected: `a name like ${prefix}…` });
}

/** Throws IdentifierRefused unless the name is that of the configured source and cannot be a temporary cluster. */
export function assertSource(id: string, clusterId: string): void {
  if (id !== clusterId || id.includes('-portage-restore-'))
    throw new IdentifierRefused({ id, expected: `the source ${clusterId}` });
}

function named(clusterId: string, word: string, run: string, reserve = 0): string {
  const prefix = `${clusterId}-portage-${word}-`;
  const plain = run
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const room = MAX - reserve - prefix.length;
  const short = createHash('sha256').update(run).digest('hex').slice(0, 8);
  if (room < short.length)
    throw new IdentifierRefused({ id: clusterId, expected: 'a cluster name of at most 35 characters' });
  return `${prefix}${plain.length === 0 || plain.length > room ? short : plain}`;
}
