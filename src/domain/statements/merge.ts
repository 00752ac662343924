import { OWN_STATEMENT } from './left-out.ts';
import type { AskedStatement, ParsedStatement } from './statement.ts';

export interface ReadStatement {
  readonly statement: AskedStatement;
  readonly parsed: ParsedStatement;
}

/** Adds up statements that differ in literals only, the most frequent first. The text is that of the first. */
export function mergeStatements(all: readonly ReadStatement[]): readonly ReadStatement[] {
  const merged = new Map<string, ReadStatement>();
  for (const { statement, parsed } of all) {
    const key = parsed.kind === 'unparsed' || parsed.kind === 'utility' ? statement.text : shapeOf(parsed, statement);
    const before = merged.get(key);
    if (before === undefined) merged.set(key, { statement, parsed });
    else
      merged.set(key, {
        parsed: before.parsed,
        statement: {
          text: before.statement.text,
          calls: before.statement.calls + statement.calls,
          rows:
            before.statement.rows === null || statement.rows === null ? null : before.statement.rows + statement.rows,
        },
      });
  }
  return [...merged.values()].sort((left, right) => right.statement.calls - left.statement.calls);
}

/** A statement without its values: numbers of list members, and literals other than booleans, do not matter. */
function shapeOf(parsed: ParsedStatement, { text }: AskedStatement): string {
  const own = text.includes(OWN_STATEMENT);
  return JSON.stringify([own, parsed], (key, value: unknown) => {
    if (key === 'constant') return value === 'true' || value === 'false' || value === null ? value : undefined;
    return key === 'values' ? undefined : value;
  });
}
