import type { ControlTable, RecordKind } from '../../src/domain/ports/control.ts';

/** Kinds of records of the control table that a handler changes. The conditions of its role's policy are made of them. */
export interface DeclaredRecords {
  readonly writes: readonly RecordKind[];
  readonly removes: readonly RecordKind[];
}

/**
 * The control table for one handler: refuses what the handler does not declare, as its role does on AWS. So a test of the handler
 * finds a missing declaration without IAM.
 */
export function withDeclaredRecords(control: ControlTable, { writes, removes }: DeclaredRecords): ControlTable {
  return {
    ...control,
    move: async (from, to) => {
      assertDeclared('writes', writes, 'MODE');
      return control.move(from, to);
    },
    saveFacts: async (facts, after) => {
      assertDeclared('writes', writes, 'FACTS');
      return control.saveFacts(facts, after);
    },
    write: async (kind, id, value, revision) => {
      assertDeclared('writes', writes, kind);
      return control.write(kind, id, value, revision);
    },
    remove: async (kind, id) => {
      assertDeclared('removes', removes, kind);
      return control.remove(kind, id);
    },
  };
}

function assertDeclared(list: keyof DeclaredRecords, kinds: readonly RecordKind[], kind: string): void {
  if (!kinds.some((declared) => declared === kind))
    throw new Error(`the handler changes ${kind} records, but its \`${list}\` does not name ${kind}; add it there`);
}
