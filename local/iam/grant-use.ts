import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Principal } from './principals.ts';

/** One action of one statement of a role or a policy. */
export interface UsedGrant {
  readonly grantee: string;
  readonly statement: string;
  readonly action: string;
}

export interface GrantUse {
  /** Notes that a call was allowed by the statement at a position. */
  note(principal: Principal, at: number, action: string): void;
}

/** Appends each grant to a file when it is used first; several stacks may share the file. Null = none is noted. */
export function createGrantUse(file: string | null): GrantUse {
  const noted = new Set<string>();
  const hashes = new WeakMap<object, string>();
  return {
    note: ({ grantee, statements }, at, action) => {
      const statement = statements[at];
      if (file === null || grantee === null || statement === undefined) return;
      const hash = hashes.get(statement) ?? statementHash(statement);
      hashes.set(statement, hash);
      const line = lineOf({ grantee, statement: hash, action });
      if (noted.has(line)) return;
      noted.add(line);
      appendFileSync(file, `${line}\n`);
    },
  };
}

/** A grant as a line of a file. */
export function lineOf({ grantee, statement, action }: UsedGrant): string {
  return JSON.stringify({ grantee, statement, action });
}

/** Names a statement by what it says. */
export function statementHash(statement: object): string {
  return createHash('sha256').update(JSON.stringify(statement)).digest('hex').slice(0, 16);
}
