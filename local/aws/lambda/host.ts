import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import * as z from 'zod';
import { handlerFiles } from '../../../infra/handler-files.ts';
import type { StartChild } from '../../process/child-context.ts';
import { closeServer, listen } from '../../process/free-port.ts';
import { createInvokeServer } from './invoke-server.ts';
import type { Handler, LocalFunction } from './run-function.ts';

export const hostOptions = z.object({
  /** Folder of the handler files. */
  handlers: z.string(),
  functions: z.array(z.object({ name: z.string(), timeoutSeconds: z.number(), memoryMb: z.number() })),
  port: z.number(),
});

/** The process that runs the handlers: like Lambda it loads each on its first use and keeps it warm. */
export const start: StartChild = async (raw) => {
  const options = hostOptions.parse(raw);
  // An unhandled rejection must not end the process that all functions share; on Lambda it would
  // end only its own.
  process.on('unhandledRejection', (error) => console.error('unhandled rejection', error));
  const files = handlerFiles(options.handlers);
  const functions = new Map<string, LocalFunction>(
    options.functions.map(({ name, timeoutSeconds, memoryMb }) => {
      // A missing file fails the call, as on Lambda, not the host.
      const file = files.get(name) ?? join(options.handlers, `${name}.ts`);
      return [`portage-${name}`, { timeoutSeconds, memoryMb, load: loadOnce(pathToFileURL(file).href) }];
    }),
  );
  const server = createInvokeServer(functions);
  const endpoint = await listen(server, options.port, 'Lambda');
  return { facts: { endpoint }, stop: () => closeServer(server) };
};

function loadOnce(file: string): () => Promise<Handler> {
  let loading: Promise<Handler> | null = null;
  const load = async (): Promise<Handler> => {
    const loaded: { readonly handler?: Handler } = await import(file);
    if (typeof loaded.handler === 'function') return loaded.handler;
    throw Object.assign(new Error(`${file} exports no handler`), { name: 'Runtime.HandlerNotFound' });
  };
  return () => {
    loading ??= load();
    return loading;
  };
}
