import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { isCode } from './error-code.ts';
import { StartupError } from './startup-error.ts';

export const HOST = '127.0.0.1';

/** A free port. A requested port is checked, and refused with its number if it is taken. */
export async function freePort(asked = 0, usedBy = 'this part'): Promise<number> {
  return (await freePorts([[usedBy, asked]])).get(usedBy) ?? asked;
}

/** Free ports, all different, by the name of their user. */
export async function freePorts<Name extends string>(
  wanted: readonly (readonly [usedBy: Name, asked: number])[],
): Promise<ReadonlyMap<Name, number>> {
  const held = await Promise.allSettled(wanted.map(([usedBy, asked]) => hold(usedBy, asked)));
  const ports = new Map<Name, number>();
  for (const one of held) {
    if (one.status === 'rejected') continue;
    ports.set(one.value.usedBy, one.value.port);
    await one.value.letGo();
  }
  for (const one of held) if (one.status === 'rejected') throw one.reason;
  return ports;
}

/**
 * Below the ports from which systems take those of outgoing connections: one of these could be taken between the moment it is found free and the
 * moment its part listens.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;
const TRIES = 100;
/** By then its part listens. */
const RESERVED_MS = 120_000;

interface HeldPort<Name> {
  readonly usedBy: Name;
  readonly port: number;
  letGo(): Promise<void>;
}

async function hold<Name extends string>(usedBy: Name, asked: number): Promise<HeldPort<Name>> {
  if (asked !== 0) return tryPort(usedBy, asked);
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!(await reserve(port))) continue;
    try {
      return await tryPort(usedBy, port);
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
    }
  }
  throw new StartupError(`no port between ${FIRST_PORT} and ${LAST_PORT} is free for ${usedBy}: choose one above 1023`);
}

/** Several stacks start at the same time: a UDP socket of the number keeps others from it until its part listens. */
function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: HOST, port, exclusive: true }, () => {
      socket.unref();
      setTimeout(() => socket.close(), RESERVED_MS).unref();
      resolve(true);
    });
  });
}

function tryPort<Name extends string>(usedBy: Name, port: number): Promise<HeldPort<Name>> {
  return new Promise((resolve, reject) => {
    const probe = createSocketServer();
    probe.once('error', (error) => reject(portRefusal(error, port, usedBy)));
    probe.listen({ host: HOST, port, exclusive: true }, () =>
      resolve({ usedBy, port, letGo: () => new Promise((closed) => probe.close(() => closed())) }),
    );
  });
}

/** Listens on the loopback address and answers with the endpoint. */
export function listen(server: Server, asked: number, usedBy: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(portRefusal(error, asked, usedBy));
    server.once('error', refuse);
    server.listen(asked, HOST, () => {
      server.off('error', refuse);
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : asked;
      resolve(`http://${HOST}:${port}`);
    });
  });
}

/** Closes a server without waiting for idle keep-alive connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** An HTTP server whose connections stay open between a client's calls, as the AWS SDK expects. */
export function httpServer(handle: Parameters<typeof createServer>[1]): Server {
  const server = createServer(handle);
  // Node's 5 s would close a pooled connection just as the SDK sends its next request on it.
  server.keepAliveTimeout = 120_000;
  return server;
}

function portRefusal(error: Error, asked: number, usedBy: string): Error {
  if (isCode(error, 'EADDRINUSE'))
    return new StartupError(
      `port ${asked} (${usedBy}) is taken: stop the program that uses it, or choose another port`,
    );
  if (isCode(error, 'EACCES'))
    return new StartupError(`port ${asked} (${usedBy}) may not be used by this user: choose one above 1023`);
  return error;
}
