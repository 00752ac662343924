import * as z from 'zod';
import type { Json, JsonObject } from '../model/json.ts';
import type { State } from '../definition/schema.ts';

/** An event before it has its number; its one other member holds the details under AWS's name for them. */
export interface EventDraft {
  readonly type: string;
  readonly [details: string]: Json;
}

export const eventSchema = z
  .object({ id: z.number(), previousEventId: z.number(), timestamp: z.number(), type: z.string() })
  .catchall(z.json());

/** An event as the journal keeps it; `timestamp` in milliseconds. */
export type HistoryEvent = z.infer<typeof eventSchema>;

/** AWS fails an execution that would need more. */
export const MOST_EVENTS = 25_000;

/** An event with details under the name that AWS derives from the event's type. */
export function event(type: string, details?: Readonly<Record<string, Json | undefined>>): EventDraft {
  if (!details) return { type };
  const stem = type.endsWith('StateEntered')
    ? 'stateEntered'
    : type.endsWith('StateExited')
      ? 'stateExited'
      : `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  return { type, [`${stem}EventDetails`]: present(details) };
}

const whole = { truncated: false };

/** A state was entered. */
export function stateEntered(state: State, name: string, input: Json): EventDraft {
  return event(`${state.Type}StateEntered`, { name, input: JSON.stringify(input), inputDetails: whole });
}

/** A state was left; assigned variables travel as JSON texts. */
export function stateExited(state: State, name: string, output: Json, assigned: JsonObject): EventDraft {
  const variables = Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)]);
  return event(`${state.Type}StateExited`, {
    name,
    output: JSON.stringify(output),
    outputDetails: whole,
    ...(variables.length > 0 && {
      assignedVariables: Object.fromEntries(variables),
      assignedVariablesDetails: whole,
    }),
  });
}

/** An output as events show it. */
export function shown(output: Json): { output: string; outputDetails: { truncated: boolean } } {
  return { output: JSON.stringify(output), outputDetails: whole };
}

/** An input as events show it. */
export function shownInput(input: Json): { input: string; inputDetails: { truncated: boolean } } {
  return { input: JSON.stringify(input), inputDetails: whole };
}

function present(details: Readonly<Record<string, Json | undefined>>): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(details)) if (value !== undefined) result[key] = value;
  return result;
}
