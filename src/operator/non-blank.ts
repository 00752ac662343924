import { OperatorError } from './operator-error.ts';

/** A parser for an option that must not be blank; returns its trimmed text, or throws one line that names the option. */
export function nonBlank(option: string, meaning: string): (text: string) => string {
  return (text) => {
    const trimmed = text.trim();
    if (trimmed === '')
      throw new OperatorError(`${option} is empty: give ${meaning}, such as ${option} ${EXAMPLES[option] ?? 'text'}`);
    return trimmed;
  };
}

const EXAMPLES: Readonly<Record<string, string>> = { '--by': 'ada', '--reason': '"errors after stage 10"' };
