import * as z from 'zod';
import { planSchema } from './plan.ts';

const node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});

/** The plan's JSON Schema, for editors: published as plan.schema.json beside this file. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(planSchema, { io: 'input' });
  return { $id: 'plan.schema.json', title: 'Portage plan', ...schema };
}

/** The setting names that are allowed at a path; empty where the author of the plan chooses the names. */
export function namesAt(path: readonly (string | number)[]): readonly string[] {
  let at: unknown = planJsonSchema();
  for (const step of path) {
    const { properties, additionalProperties, items } = node.catch({}).parse(at);
    at = typeof step === 'number' ? items : (properties?.[step] ?? additionalProperties);
  }
  const { properties, anyOf } = node.catch({}).parse(at);
  const choices = anyOf?.map((choice) => node.catch({}).parse(choice).properties ?? {}) ?? [];
  return Object.keys(Object.assign({}, properties, ...choices));
}
