import { LockHeld } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Executions } from '../ports/executions.ts';

/** The one lock that keeps two executions from moving the same migration (RACE-53). `owner` null = free. */
export interface Lock {
  readonly owner: string | null;
  readonly run: string;
  readonly acquiredAt: string;
  readonly expiresAt: string;
}

export interface Claim {
  /** ARN of the execution that claims it. */
  readonly owner: string;
  readonly run: string;
  readonly now: string;
}

const KIND = 'LOCK';
const ID = 'migration';
const DAY = 86_400_000;
/** Longer than any gate stays open; every task that changes state renews the lock. */
const LEASE_DAYS = 30;

/**
 * Takes the lock, or renews it for its owner. Another owner loses it once it has expired or its execution has ended, because
 * a failed execution cannot release it. Throws LockHeld while another execution holds it.
 */
export async function acquireLock(
  control: ControlTable,
  executions: Pick<Executions, 'running'>,
  claim: Claim,
): Promise<Lock> {
  const found = await control.read<Lock>(KIND, ID);
  const lock = found?.value;
  if (lock?.owner && lock.owner !== claim.owner && lock.expiresAt > claim.now && (await executions.running(lock.owner)))
    throw new LockHeld({ owner: lock.owner, until: lock.expiresAt });
  return take(control, claim, found?.revision ?? 0, lock?.owner === claim.owner ? lock.acquiredAt : claim.now);
}

/** Takes the lock from any holder, for a manual rollback. Returns the former owner, whose next change is refused, or null. */
export async function seizeLock(control: ControlTable, claim: Claim): Promise<string | null> {
  const found = await control.read<Lock>(KIND, ID);
  await take(control, claim, found?.revision ?? 0, claim.now);
  const former = found?.value.owner ?? null;
  return former === claim.owner ? null : former;
}

/**
 * Called by every task that changes state: a zombie that lost the lock must not move a mode or delete a cluster (RACE-53). Renews the lock;
 * `waitDays` is how long the execution will wait afterwards without renewing it. Throws LockHeld where the claimant does not hold the lock.
 */
export async function holdLock(control: ControlTable, claim: Claim, waitDays = 0): Promise<void> {
  const found = await control.read<Lock>(KIND, ID);
  const lock = found?.value;
  if (lock?.owner !== claim.owner)
    throw new LockHeld({ owner: lock?.owner ?? 'nobody', until: lock?.expiresAt ?? claim.now });
  if (Date.parse(lock.expiresAt) - Date.parse(claim.now) < (LEASE_DAYS - 1 + waitDays) * DAY)
    await take(control, claim, found?.revision ?? 0, lock.acquiredAt, waitDays);
}

/** Releases the lock if the claimant still holds it. */
export async function releaseLock(control: ControlTable, claim: Claim): Promise<'released' | 'not ours'> {
  const found = await control.read<Lock>(KIND, ID);
  if (found?.value.owner !== claim.owner) return 'not ours';
  await control.write(KIND, ID, { ...found.value, owner: null }, found.revision);
  return 'released';
}

async function take(
  control: ControlTable,
  claim: Claim,
  revision: number,
  acquiredAt: string,
  waitDays = 0,
): Promise<Lock> {
  const expiresAt = new Date(Date.parse(claim.now) + (LEASE_DAYS + waitDays) * DAY).toISOString();
  const lock: Lock = { owner: claim.owner, run: claim.run, acquiredAt, expiresAt };
  await control.write(KIND, ID, lock, revision);
  return lock;
}
