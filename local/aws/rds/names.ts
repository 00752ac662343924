import { randomBytes, randomUUID } from 'node:crypto';

/** The account and region in every local ARN. */
const PLACE = 'us-east-1:000000000000';

export function clusterArn(id: string): string {
  return `arn:aws:rds:${PLACE}:cluster:${id}`;
}

export function instanceArn(id: string): string {
  return `arn:aws:rds:${PLACE}:db:${id}`;
}

export function snapshotArn(id: string): string {
  return `arn:aws:rds:${PLACE}:cluster-snapshot:${id}`;
}

export function secretArn(name: string): string {
  return `arn:aws:secretsmanager:${PLACE}:secret:${name}`;
}

/** The secret of the login that may only read. */
export const SIGN_IN_SECRET = secretArn('portage-sign-in');

/** The secret that RDS makes for a cluster whose master password it manages. */
export function newSecretArn(): string {
  return secretArn(`rds!cluster-${randomUUID()}-${randomBytes(3).toString('hex')}`);
}

export function newResourceId(): string {
  return `cluster-${randomBytes(13).toString('hex').toUpperCase()}`;
}

/** The identifier itself, or the last part of an ARN. */
export function idOf(identifierOrArn: string): string {
  return (identifierOrArn.split(':').at(-1) ?? '').toLowerCase();
}
