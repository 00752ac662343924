import { type Options, parse } from 'csv-parse/sync';

/** The text of a file is none of the forms; the message says what is wrong. */
export class StatementFileRefused extends Error {
  override readonly name = 'StatementFileRefused';
}

/** The records of a CSV text, of the shape that the options ask for; throws StatementFileRefused for a text that is no CSV. */
export function csvRecords(text: string, options: Options): unknown {
  try {
    return parse(text, options);
  } catch (error) {
    throw new StatementFileRefused(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
