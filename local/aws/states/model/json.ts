import * as z from 'zod';
import { StateFailure } from './failure.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const jsonSchema: z.ZodType<Json> = z.json();

/** AWS's limit for a state's payload, a variable, and an API call's input or output, in bytes of UTF-8. */
export const PAYLOAD_LIMIT = 262_144;

/** Parses JSON text; throws what `JSON.parse` throws. */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

/** True for a JSON object: not an array, not null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Answers the value, or fails the state with `States.DataLimitExceeded` where it is larger than a payload may be. */
export function withinLimit(value: Json, what: string): Json {
  const text = JSON.stringify(value);
  // A UTF-16 unit makes at most three bytes: most values need no exact count.
  if (text.length * 3 > PAYLOAD_LIMIT && Buffer.byteLength(text) > PAYLOAD_LIMIT) {
    throw new StateFailure(
      'States.DataLimitExceeded',
      `The ${what} has a size exceeding the maximum number of bytes service limit (${PAYLOAD_LIMIT}).`,
    );
  }
  return value;
}
