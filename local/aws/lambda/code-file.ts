import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Endings that Lambda's Node.js runtime tries for a handler's module, in its order. */
const ENDINGS = ['.js', '.mjs', '.cjs', '.ts'] as const;

/** The module and the export that a handler such as `index.handler` names in its bundle. Throws where the bundle has no such module. */
export function codeFile(bundle: string, handler: string): { readonly file: string; readonly exported: string } {
  const at = handler.lastIndexOf('.');
  const [module, exported] = [handler.slice(0, at), handler.slice(at + 1)];
  const file = ENDINGS.map((ending) => join(bundle, `${module}${ending}`)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${bundle} has no module ${module} for the handler ${handler}`);
  return { file: pathToFileURL(file).href, exported };
}
