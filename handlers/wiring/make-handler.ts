import type { ZodType } from 'zod';
import { connect, type Connection } from './connect.ts';
import { type InvocationContext, keysOf, logInvocation } from './log.ts';
import type { PortName, Ports } from './ports.ts';

/** What a handler consists of. */
export interface HandlerParts<Use extends PortName, Event, Answer> {
  /** The ports that `run` gets. The permissions of the function's role follow from them (infra/permissions/permissions.ts). */
  readonly uses: readonly Use[];
  readonly event: ZodType<Event>;
  readonly run: (event: Event, ports: Pick<Ports, Use>) => Promise<Answer>;
}

/** A Lambda handler that carries its declaration. */
export interface Handler<Answer> {
  (event: unknown, context?: InvocationContext): Promise<Answer>;
  readonly uses: readonly PortName[];
}

let connection: Connection | null = null;

/**
 * Makes a Lambda handler: parses the event, applies one rule and returns its result. Ports are built once per process, each on
 * first use. Metrics are sent before the handler returns, because a frozen function sends nothing.
 * Each invocation is logged (log.ts).
 */
export function makeHandler<const Use extends PortName, Event, Answer>({
  uses,
  event: schema,
  run,
}: HandlerParts<Use, Event, Answer>): Handler<Answer> {
  let coldStart = true;
  const handle = (event: unknown, context?: InvocationContext): Promise<Answer> => {
    const invocation = { context, coldStart, keys: keysOf(event) };
    coldStart = false;
    return logInvocation(invocation, async () => {
      const { ports, flush } = (connection ??= connect());
      try {
        return await run(schema.parse(event), ports(uses));
      } finally {
        await flush();
      }
    });
  };
  return Object.assign(handle, { uses });
}
