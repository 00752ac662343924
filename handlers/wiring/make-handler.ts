import type { ZodType } from 'zod';
import type { ControlTable, RecordKind } from '../../src/domain/ports/control.ts';
import { connect, type Connection } from './connect.ts';
import { type DeclaredRecords, withDeclaredRecords } from './declared-records.ts';
import { type InvocationContext, keysOf, logInvocation } from './log.ts';
import { type Built, namesOf } from './port.ts';
import type { PortFactories } from './ports.ts';

/** What a handler consists of. */
export interface HandlerParts<Uses extends PortFactories, Event, Answer> {
  /** The ports that `run` gets. The permissions of the function's role follow from them (infra/permissions/permissions.ts). */
  readonly uses: Uses;
  /** Kinds of records that `run` writes to the control table; none unless given. */
  readonly writes?: readonly RecordKind[];
  /** Kinds of records that `run` removes from the control table; none unless given. */
  readonly removes?: readonly RecordKind[];
  readonly event: ZodType<Event>;
  readonly run: (event: Event, ports: Built<Uses>) => Promise<Answer>;
}

/** A Lambda handler that carries its declaration. */
export interface Handler<Answer> extends DeclaredRecords {
  (event: unknown, context?: InvocationContext): Promise<Answer>;
  /** Names of the ports that it uses, and of those that these are built from. */
  readonly uses: readonly string[];
}

let connection: Connection | null = null;

/**
 * Makes a Lambda handler: parses the event, applies one rule and returns its result. Ports are built once per process, each on
 * first use. Metrics are sent before the handler returns, because a frozen function sends nothing.
 * Each invocation is logged (log.ts).
 */
export function makeHandler<Uses extends PortFactories, Event, Answer>({
  uses,
  writes = [],
  removes = [],
  event: schema,
  run,
}: HandlerParts<Uses, Event, Answer>): Handler<Answer> {
  let coldStart = true;
  const handle = (event: unknown, context?: InvocationContext): Promise<Answer> => {
    const invocation = { context, coldStart, keys: keysOf(event) };
    coldStart = false;
    return logInvocation(invocation, async () => {
      const { ports, flush } = (connection ??= connect());
      try {
        return await run(schema.parse(event), declared(ports(uses), { writes, removes }));
      } finally {
        await flush();
      }
    });
  };
  return Object.assign(handle, { uses: [...namesOf(uses)], writes, removes });
}

/** The ports of a handler, with a control table that refuses what the handler does not declare. */
function declared<Group extends object>(ports: Group, records: DeclaredRecords): Group;
function declared(ports: { readonly control?: ControlTable }, records: DeclaredRecords): object {
  if (!Object.hasOwn(ports, 'control')) return ports;
  const get = (): ControlTable | undefined => ports.control && withDeclaredRecords(ports.control, records);
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(ports), control: { get, enumerable: true } },
  );
}
