import { existsSync, readFileSync } from 'node:fs';
import type { Deployment } from '../template/deployment.ts';
import { lineOf, statementHash, type UsedGrant } from './grant-use.ts';
import { principalsOf } from './principals.ts';

export interface Grant extends UsedGrant {
  readonly resources: readonly string[];
}

/** What the roles and policies of a deployment allow, one action of one statement at a time. */
export function grantsOf(deployment: Deployment): readonly Grant[] {
  return principalsOf(deployment).flatMap(({ grantee, statements }) =>
    statements.flatMap((statement) => {
      if (grantee === null || statement['Effect'] !== 'Allow') return [];
      const resources = textsOf(statement['Resource']);
      return textsOf(statement['Action']).map((action) => ({
        grantee,
        statement: statementHash(statement),
        action,
        resources,
      }));
    }),
  );
}

/** The lines of a file that stacks noted their grants in. */
export function usedGrants(useFile: string): ReadonlySet<string> {
  return new Set(existsSync(useFile) ? readFileSync(useFile, 'utf8').split('\n') : []);
}

export function isUsed({ grantee, statement, action }: UsedGrant, used: ReadonlySet<string>): boolean {
  return used.has(lineOf({ grantee, statement, action }));
}

function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}
