import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Passes each call to the next of the hosts, in turn. */
export function roundRobin(
  endpoints: readonly string[],
): (incoming: IncomingMessage, response: ServerResponse) => void {
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  return (incoming, response) => {
    const endpoint = endpoints[next++ % endpoints.length] ?? '';
    const { hostname, port } = new URL(endpoint);
    const { method, url, headers } = incoming;
    const outgoing = request({ agent, hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };
}
