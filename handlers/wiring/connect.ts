import { pick, type Resolve } from './port.ts';
import type { PortName, Ports } from './ports.ts';
import { registry } from './registry.ts';
import { createShared } from './shared.ts';

export interface Connection {
  /** The named ports, each built when it is first read; the same port is the same object on every call. */
  ports<Name extends PortName>(names: readonly Name[]): Pick<Ports, Name>;
  /** Sends the metrics observed so far. */
  flush(): Promise<void>;
}

/**
 * Connects ports to the resources that the environment names. A variable that no used port needs
 * may be missing.
 */
export function connect(environment: NodeJS.ProcessEnv = process.env): Connection {
  const shared = createShared(environment);
  const resolve: Resolve = (name) => registry[name].build(shared, resolve);
  return {
    ports: (names) => pick(names, resolve),
    flush: () => (registry.metrics.isBuilt(shared) ? resolve('metrics').flush() : Promise.resolve()),
  };
}
