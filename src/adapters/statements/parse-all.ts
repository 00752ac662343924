import type { ReadStatement } from '../../domain/statements/merge.ts';
import type { AskedStatement, ParsedStatement } from '../../domain/statements/statement.ts';

/** Parses statements; of those that differ only in literals, as in a log, one. */
export function parseAll(
  parse: (text: string) => ParsedStatement,
  statements: readonly AskedStatement[],
): readonly ReadStatement[] {
  const known = new Map<string, ParsedStatement>();
  return statements.map((statement) => {
    const form = statement.text.replaceAll(/'(?:[^'\\]|''|\\.)*'|\b\d+(?:\.\d+)?\b/gs, '?');
    const parsed = known.get(form) ?? parse(statement.text);
    // The reason for a refusal names the statement's own text.
    if (parsed.kind !== 'unparsed') known.set(form, parsed);
    return { statement, parsed };
  });
}
