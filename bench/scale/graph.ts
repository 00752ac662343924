import * as z from 'zod';

/** A state, with what the shape and the length of its loops depend on. */
const state = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.looseObject({ Next: z.string(), Condition: z.string() })).optional(),
  Catch: z.array(z.looseObject({ Next: z.string() })).optional(),
  Resource: z.string().default(''),
  TimeoutSeconds: z.number().optional(),
  Seconds: z.union([z.number(), z.string()]).optional(),
  Arguments: z
    .looseObject({
      FunctionName: z.string().optional(),
      Payload: z.looseObject({ attempts: z.number().optional() }).or(z.string()).optional(),
    })
    .optional(),
  MaxConcurrency: z.number().optional(),
  ItemProcessor: z
    .looseObject({ ProcessorConfig: z.looseObject({ Mode: z.string() }), States: z.unknown() })
    .optional(),
});
export type State = z.infer<typeof state>;
/** The states of one execution, by name. */
export type Graph = ReadonlyMap<string, State>;
/** A way from a state back to itself. */
export type Loop = readonly State[];

const machine = z.looseObject({ States: z.unknown() });

/** A machine's own states, and those of each of its distributed maps, whose parts are executions of their own. */
export function graphsOf(definition: string): readonly Graph[] {
  return graphsIn(machine.parse(JSON.parse(definition)).States);
}

/** How many of each state run at a time: as many as MaxConcurrency of the Map that it is in says. */
export function lanesOf(definition: string): ReadonlyMap<string, number> {
  const own = z.record(z.string(), state).parse(machine.parse(JSON.parse(definition)).States);
  const inner = Object.values(own).flatMap(({ ItemProcessor, MaxConcurrency = 1 }) =>
    Object.keys(z.record(z.string(), state).parse(ItemProcessor?.States ?? {})).map(
      (name) => [name, MaxConcurrency] as const,
    ),
  );
  return new Map([...Object.keys(own).map((name) => [name, 1] as const), ...inner]);
}

function graphsIn(states: unknown): readonly Graph[] {
  const own = new Map(Object.entries(z.record(z.string(), state).parse(states)));
  const inner = [...own.values()].flatMap(({ ItemProcessor }) => {
    if (ItemProcessor === undefined) return [];
    // The events of an INLINE map are its machine's, as often as it has items.
    if (ItemProcessor.ProcessorConfig.Mode !== 'DISTRIBUTED') throw new Error('a Map that is not DISTRIBUTED');
    return graphsIn(ItemProcessor.States);
  });
  return [own, ...inner];
}

/** Functions that fail on the first entry and pass after a redrive: each turn of a loop through them takes a person. */
const ONLY_AFTER_REDRIVE = ['EscalateArn', 'RecordFailureArn', 'AssertRecoveredArn'];

/** Every elementary loop of a graph, without those that a redrive alone enters. */
export function loopsOf(graph: Graph): readonly Loop[] {
  const open = new Map([...graph].filter(([, { Arguments }]) => !isRedriven(Arguments?.FunctionName ?? '')));
  const names = [...open.keys()];
  const loops: Loop[] = [];
  const search = (start: number, path: readonly string[]): void => {
    for (const next of successorsOf(open.get(path.at(-1) ?? ''))) {
      if (next === names[start]) loops.push(path.flatMap((name) => open.get(name) ?? []));
      else if (names.indexOf(next) > start && !path.includes(next)) search(start, [...path, next]);
    }
  };
  names.forEach((name, start) => search(start, [name]));
  return loops;
}

function isRedriven(functionName: string): boolean {
  return ONLY_AFTER_REDRIVE.some((name) => functionName.includes(name));
}

function successorsOf(found: State | undefined): ReadonlySet<string> {
  if (found === undefined) return new Set();
  const ways = [...(found.Choices ?? []), ...(found.Catch ?? [])].map((way) => way.Next);
  return new Set([found.Next, found.Default, ...ways].filter((name) => name !== undefined));
}

/**
 * Events of states: each is entered and exited. A function is scheduled, started and ends besides; a child and a task with a token are
 * submitted too; a distributed map starts, runs and ends.
 */
export function eventsOf(states: Iterable<State>): number {
  let events = 0;
  for (const { Type, Resource } of states) {
    if (Type === 'Task') events += /\.sync|waitForTaskToken/.test(Resource) ? 6 : 5;
    else events += Type === 'Map' ? 5 : 2;
  }
  return events;
}
