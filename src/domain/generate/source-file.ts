/** The names that a generated file imports from one module. */
export interface Import {
  readonly from: string;
  readonly types?: readonly string[];
  readonly values?: readonly string[];
}

/** A generated file: heading, the imports that `body` uses, and the body. */
export function sourceFile(plan: string, imports: readonly Import[], body: readonly string[]): string {
  const text = body.join('\n\n');
  const names = new Set(text.replaceAll(NO_NAMES, ' ').match(/[\w$]+/g));
  const lines = imports.flatMap(({ from, types = [], values = [] }) => {
    const used = [...values, ...types.map((name) => `type ${name}`)].filter((name) =>
      names.has(name.replace('type ', '')),
    );
    return used.length === 0 ? [] : [`import { ${[...new Set(used)].join(', ')} } from '${from}';`];
  });
  const parts = [`// Written by \`portage generate\` from the plan ${plan}: change the plan, not this file.`];
  if (lines.length > 0) parts.push(lines.join('\n'));
  return `${[...parts, text].join('\n\n')}\n`;
}

/** Comments, strings, and names of properties and members, in which a name is not a use of an import. */
const NO_NAMES = /\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w$]+\??:|\.[\w$]+/g;
