import type { ZodType } from 'zod';
import { compose, type Ports } from './compose.ts';

let shared: Ports | null = null;

/**
 * A Lambda handler: the event is parsed, one rule is applied to it, its answer returned. Adapters are built once
 * per process, each on its first use. Observed metrics are sent before the answer is given, for a frozen function sends nothing.
 */
export function makeHandler<Event, Answer>(
  schema: ZodType<Event>,
  work: (event: Event, ports: Ports) => Promise<Answer>,
): (event: unknown) => Promise<Answer> {
  return async (event) => {
    shared ??= compose();
    const ports = shared;
    try {
      return await work(schema.parse(event), ports);
    } finally {
      await ports.flush();
    }
  };
}
