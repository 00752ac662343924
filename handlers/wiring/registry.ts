import { awsFactories } from './aws.ts';
import { controlFactories } from './control.ts';
import type { Factories } from './port.ts';
import type { PortName, Ports } from './ports.ts';
import { sourceFactories } from './source.ts';
import { targetFactories } from './target.ts';

/** Every port by its name. */
export const registry: Factories<Ports> = {
  ...controlFactories,
  ...sourceFactories,
  ...targetFactories,
  ...awsFactories,
};

/** These ports and all ports that they are built from. */
export function withNeeds(names: readonly PortName[]): ReadonlySet<PortName> {
  const all = new Set<PortName>();
  const add = (name: PortName): void => {
    if (all.has(name)) return;
    all.add(name);
    for (const need of registry[name].needs) add(need);
  };
  for (const name of names) add(name);
  return all;
}
