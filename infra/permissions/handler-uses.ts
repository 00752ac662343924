import { pathToFileURL } from 'node:url';
import type { DeclaredRecords } from '../../handlers/wiring/declared-records.ts';
import { handlerFiles } from '../handler-files.ts';

/** What a handler declares: its ports with those that they are built from, and the records of the control table that it changes. */
export interface Declaration extends DeclaredRecords {
  readonly uses: readonly string[];
}

/** The declaration of each handler, by the name of its function. */
export type HandlerUses = ReadonlyMap<string, Declaration>;

/** Imports every handler below the folder and reads its declaration. */
export async function readUses(folder: string): Promise<HandlerUses> {
  const uses = new Map<string, Declaration>();
  for (const [name, file] of handlerFiles(folder)) {
    const loaded: { readonly handler?: Partial<Declaration> } = await import(pathToFileURL(file).href);
    if (loaded.handler?.uses === undefined)
      throw new Error(`${file} exports no handler that declares its ports; build it with makeHandler`);
    const { uses: ports, writes = [], removes = [] } = loaded.handler;
    uses.set(name, { uses: ports, writes, removes });
  }
  return uses;
}

/** The declaration of one handler; throws if there is no such handler. */
export function usesOf(uses: HandlerUses, name: string): Declaration {
  const found = uses.get(name);
  if (found === undefined)
    throw new Error(`infra/functions.json: there is no handler ${name}; add its file to handlers/`);
  return found;
}
