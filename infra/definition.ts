import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Machines by file name: statemachines/load.asl.json is `load`. */
export function readDefinitions(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.asl.json'));
  return new Map(files.map((file) => [file.replace('.asl.json', ''), readFileSync(join(folder, file), 'utf8')]));
}

/** Placeholder of a handler file: load-segment -> LoadSegmentArn; of a machine: load -> LoadStateMachineArn. */
export function placeholderOf(file: string, kind: 'function' | 'machine'): string {
  const pascal = file
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return kind === 'function' ? `${pascal}Arn` : `${pascal}StateMachineArn`;
}

/** The placeholders a definition uses, each once. */
export function placeholdersIn(definition: string): readonly string[] {
  return [...new Set([...definition.matchAll(/\$\{([A-Za-z]+)\}/g)].flatMap((match) => match[1] ?? []))];
}

/** Fills in every placeholder; throws one line that names the file and the placeholder that nothing provides. */
export function substitute(name: string, definition: string, values: ReadonlyMap<string, string>): string {
  return definition.replaceAll(/\$\{([A-Za-z]+)\}/g, (_, placeholder: string) => {
    const value = values.get(placeholder);
    if (value !== undefined) return value;
    throw new Error(
      `statemachines/${name}.asl.json: \${${placeholder}} names no handler and no state machine; add it to infra/functions.json or mend the name`,
    );
  });
}
