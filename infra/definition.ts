import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';

const SUFFIX = '.asl.yaml';
/** Top-level keys of a definition in the Amazon States Language. */
const KEYS = new Set(['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version']);
/** Top-level keys that hold what aliases refer to, of all files and of one. They are for readers only and are removed. */
const SHARED = 'x-shared';
const ANCHORS = 'x-anchors';

/** Machines by file name, as JSON: statemachines/load.asl.yaml is `load`. */
export function readDefinitions(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX));
  const sharedFile = join(folder, 'shared.yaml');
  const shared = existsSync(sharedFile) ? readFileSync(sharedFile, 'utf8') : '';
  return new Map(
    files.map((file) => [
      basename(file, SUFFIX),
      parseDefinition(`statemachines/${file}`, readFileSync(join(folder, file), 'utf8'), shared),
    ]),
  );
}

/**
 * Converts a definition from YAML to the JSON that Step Functions takes: aliases resolved, the anchors' keys removed, lists within an
 * ErrorEquals replaced by their members. `shared` is YAML
 * whose anchors the file may use. Throws one line that names the file, the line and the remedy when the YAML is broken, a key is
 * repeated, or a top-level key is unknown.
 */
export function parseDefinition(file: string, yaml: string, shared = ''): string {
  const lines = new LineCounter();
  const before = shared.split('\n').length - 1;
  const document = parseDocument(shared + yaml, {
    merge: true,
    uniqueKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const refuse = (offset: number, what: string): never => {
    throw new Error(`${file}:${lines.linePos(offset).line - before}: ${what}`);
  };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem)
    refuse(
      problem.pos[0],
      problem.code === 'DUPLICATE_KEY'
        ? 'this key is in the same map twice; remove or rename one of the two'
        : `${problem.message.replaceAll(/\s+/g, ' ')}; correct the YAML`,
    );
  const { contents } = document;
  if (!isMap(contents)) return refuse(0, 'the file is not a map; begin with Comment, QueryLanguage, StartAt, States');
  for (const { key } of contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!KEYS.has(name) && name !== ANCHORS && name !== SHARED)
      refuse(
        isScalar(key) ? (key.range?.[0] ?? 0) : 0,
        `the top-level key ${name} is not in the Amazon States Language; correct it, or move shared values to ${ANCHORS}`,
      );
  }
  visit(document, {
    Alias: (_, node) => {
      if (!node.resolve(document))
        refuse(
          node.range?.[0] ?? 0,
          `no anchor &${node.source} precedes *${node.source}; define it under ${ANCHORS}, or in shared.yaml`,
        );
    },
  });
  const definition: unknown = document.toJS({ maxAliasCount: -1 });
  const text = JSON.stringify(
    definition,
    (key, value: unknown) => {
      if (key === ANCHORS || key === SHARED) return undefined;
      return key === 'ErrorEquals' && Array.isArray(value) ? value.flat(Infinity) : value;
    },
    2,
  );
  // On one line: there are many, and a template has at most 1 MB.
  return text.replaceAll(/"ErrorEquals": \[[^\]]*\]/g, (list) => list.replaceAll(/\s+/g, ' '));
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
      `statemachines/${name}.asl.yaml: \${${placeholder}} names no handler and no state machine; add it to infra/functions.json or mend the name`,
    );
  });
}
