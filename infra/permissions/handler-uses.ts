import { pathToFileURL } from 'node:url';
import type { PortName } from '../../handlers/wiring/ports.ts';
import { handlerFiles } from '../handler-files.ts';

/** The ports that each handler declares, by the name of its function. */
export type HandlerUses = ReadonlyMap<string, readonly PortName[]>;

/** Imports every handler below the folder and reads its declaration. */
export async function readUses(folder: string): Promise<HandlerUses> {
  const uses = new Map<string, readonly PortName[]>();
  for (const [name, file] of handlerFiles(folder)) {
    const loaded: { readonly handler?: { readonly uses?: readonly PortName[] } } = await import(
      pathToFileURL(file).href
    );
    if (loaded.handler?.uses === undefined)
      throw new Error(`${file} exports no handler that declares its ports; build it with makeHandler`);
    uses.set(name, loaded.handler.uses);
  }
  return uses;
}

/** The declaration of one handler; throws if there is no such handler. */
export function usesOf(uses: HandlerUses, name: string): readonly PortName[] {
  const found = uses.get(name);
  if (found === undefined)
    throw new Error(`infra/functions.json: there is no handler ${name}; add its file to handlers/`);
  return found;
}
