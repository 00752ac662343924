import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConfigurationMissing } from '../../src/domain/errors.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';

/** What ports are built from besides other ports. */
export interface Environment {
  /** A variable; a missing one is an error that names it. */
  value(name: string): string;
  /** The client that `create` makes: one for all ports of this environment. */
  client<Client extends object>(create: () => Client): Client;
  /** Has `action` run at the end of each invocation. */
  atEnd(action: () => Promise<void>): void;
}

/** The environment of these variables, and what runs the actions of `atEnd`. */
export function createEnvironment(variables: NodeJS.ProcessEnv): Environment & { end(): Promise<void> } {
  const clients = new Map<() => object, object>();
  const actions: (() => Promise<void>)[] = [];
  return {
    value: reader(variables),
    client: (create) => oneOf(clients, create),
    atEnd: (action) => void actions.push(action),
    end: async () => {
      for (const action of actions) await action();
    },
  };
}

/** What `create` makes, once for each map. */
function oneOf<Client extends object>(clients: Map<() => object, object>, create: () => Client): Client;
function oneOf(clients: Map<() => object, object>, create: () => object): object {
  const known = clients.get(create);
  if (known !== undefined) return known;
  const made = create();
  clients.set(create, made);
  return made;
}

/** Reads variables by name; a missing one is an error that names it. */
export function reader(environment: NodeJS.ProcessEnv): (name: string) => string {
  return (name) => {
    const found = environment[name];
    if (found === undefined || found === '') throw new ConfigurationMissing({ key: name });
    return found;
  };
}

/** The plan file that the environment names; a relative path begins at the folder that Lambda runs the bundle from. */
export function readPlan(value: (name: string) => string): Plan {
  const named = value('PORTAGE_PLAN_FILE');
  const file = isAbsolute(named) ? named : join(value('LAMBDA_TASK_ROOT'), named);
  return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
