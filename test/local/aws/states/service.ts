import { join } from 'node:path';
import { createSimulatedClock } from '../../../../local/clock/simulated-clock.ts';
import { startStates } from '../../../../local/aws/states/api/server.ts';

/** The service as a program: a directory, a Lambda endpoint and the length of long waits in, its own endpoint out. For tests that kill it. */
const [dataDir = '', lambdaEndpoint = '', compressed = ''] = process.argv.slice(2);
const clock = createSimulatedClock({
  realUpToMs: 0,
  compressedMs: Number(compressed),
  offsetFile: join(dataDir, 'offset'),
});
const part = await startStates({ dataDir, lambdaEndpoint, clock });
console.log(part.endpoint);
