import type { PortName, Ports } from './ports.ts';
import type { Shared } from './shared.ts';

export type Resolve = <Name extends PortName>(name: Name) => Ports[Name];

/** How a port is built. */
export interface PortFactory<Port> {
  /** Ports that this one is built from. A handler that uses this port gets their permissions as well. */
  readonly needs: readonly PortName[];
  /** Builds the port on the first call and returns the same one afterwards, for each set of shared pieces. */
  build(shared: Shared, resolve: Resolve): Port;
  isBuilt(shared: Shared): boolean;
}

export type Factories<Group> = { readonly [Name in keyof Group]: PortFactory<Group[Name]> };

/** Declares a port: `build` sees the shared pieces and only those ports that `needs` names. */
export function port<Port, const Need extends PortName = never>(
  needs: readonly Need[],
  build: (parts: Shared & Pick<Ports, Need>) => Port,
): PortFactory<Port> {
  const built = new WeakMap<Shared, { readonly port: Port }>();
  return {
    needs,
    build: (shared, resolve) => {
      const known = built.get(shared);
      if (known !== undefined) return known.port;
      const made = build({ ...shared, ...pick(needs, resolve) });
      built.set(shared, { port: made });
      return made;
    },
    isBuilt: (shared) => built.has(shared),
  };
}

/** The named ports, each built when it is first read. */
export function pick<Name extends PortName>(names: readonly Name[], resolve: Resolve): Pick<Ports, Name>;
export function pick(names: readonly PortName[], resolve: Resolve): Partial<Ports> {
  const ports = {};
  for (const name of names) Object.defineProperty(ports, name, { get: () => resolve(name), enumerable: true });
  return ports;
}
