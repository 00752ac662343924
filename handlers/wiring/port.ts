import type { Environment } from './environment.ts';

/** How a port is built. */
export interface PortFactory<Port> {
  /** Ports that this one is built from. A handler that uses this port gets their permissions as well. */
  readonly needs: Factories;
  /** Builds the port on the first call and returns the same one afterwards, for each environment. */
  build(environment: Environment): Port;
}

/** Factories by the names of their ports. */
export type Factories = Readonly<Record<string, PortFactory<unknown>>>;

/** The ports that these factories build. */
export type Built<Group extends Factories> = {
  readonly [Name in keyof Group]: Group[Name] extends PortFactory<infer Port> ? Port : never;
};

/**
 * Declares a port: `build` sees the environment and the ports that `needs` names. Calls are marked as pure, so that a bundle holds only
 * the ports that its handler names.
 */
export function port<Port, Needs extends Factories>(
  needs: Needs,
  build: (parts: Environment & Built<Needs>) => Port,
): PortFactory<Port> {
  const built = new WeakMap<Environment, { readonly port: Port }>();
  return {
    needs,
    build: (environment) => {
      const known = built.get(environment);
      if (known !== undefined) return known.port;
      const made = build(Object.assign(pick(needs, environment), environment));
      built.set(environment, { port: made });
      return made;
    },
  };
}

/** The ports of these factories, each built when it is first read. */
export function pick<Group extends Factories>(group: Group, environment: Environment): Built<Group>;
export function pick(group: Factories, environment: Environment): object {
  const ports = {};
  for (const [name, factory] of Object.entries(group))
    Object.defineProperty(ports, name, { get: () => factory.build(environment), enumerable: true });
  return ports;
}

/** The names of these ports and of all ports that they are built from. */
export function namesOf(group: Factories): ReadonlySet<string> {
  return new Set(Object.entries(group).flatMap(([name, { needs }]) => [name, ...namesOf(needs)]));
}
