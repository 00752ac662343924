import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { OWN_STATEMENT } from '../../../domain/statements/left-out.ts';

/** Ends every statement with a comment that tells it from the application's in pg_stat_statements and in logs. */
export function markOwnStatements(source: SqlSource): SqlSource {
  return {
    ...marked(source),
    begin: async () => {
      const transaction = await source.begin();
      return {
        ...marked(transaction),
        commit: () => transaction.commit(),
        rollback: () => transaction.rollback(),
      };
    },
  };
}

function marked(sql: Sql): Sql {
  return { query: (text, parameters) => sql.query(`${text} ${OWN_STATEMENT}`, parameters) };
}
