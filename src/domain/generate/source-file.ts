/** The names that a generated file takes from others. */
export interface Import {
  readonly from: string;
  readonly types?: readonly string[];
  readonly values?: readonly string[];
}

/** A generated file: its heading, the imports of which `body` uses anything, and the body. */
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

/** Comments, texts, names of properties and members: what stands there is no use of an import. */
const NO_NAMES = /\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w$]+\??:|\.[\w$]+/g;
