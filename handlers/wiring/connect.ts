import { createEnvironment } from './environment.ts';
import { type Built, type Factories, pick } from './port.ts';

export interface Connection {
  /** The ports of these factories, each built when it is first read; the same port is the same object on every call. */
  ports<Group extends Factories>(group: Group): Built<Group>;
  /** Sends the metrics observed so far. */
  flush(): Promise<void>;
}

/**
 * Connects ports to the resources that the environment names. A variable that no used port needs
 * may be missing.
 */
export function connect(variables: NodeJS.ProcessEnv = process.env): Connection {
  const environment = createEnvironment(variables);
  return { ports: (group) => pick(group, environment), flush: () => environment.end() };
}
