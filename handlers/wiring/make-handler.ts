import type { ZodType } from 'zod';
import { connect, type Connection } from './connect.ts';
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
  (event: unknown): Promise<Answer>;
  readonly uses: readonly PortName[];
}

let connection: Connection | null = null;

/**
 * Makes a Lambda handler: parses the event, applies one rule and returns its result. Ports are built once per process, each on
 * first use. Metrics are sent before the handler returns, because a frozen function sends nothing.
 */
export function makeHandler<const Use extends PortName, Event, Answer>({
  uses,
  event: schema,
  run,
}: HandlerParts<Use, Event, Answer>): Handler<Answer> {
  const handle = async (event: unknown): Promise<Answer> => {
    connection ??= connect();
    try {
      return await run(schema.parse(event), connection.ports(uses));
    } finally {
      await connection.flush();
    }
  };
  return Object.assign(handle, { uses });
}
