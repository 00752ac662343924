import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RDSClient } from '@aws-sdk/client-rds';
import { closeServer, httpServer, listen } from '../../../local/process/free-port.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { createClusters } from '../../../src/adapters/rds/clusters.ts';

let asked: readonly URLSearchParams[] = [];
const server = httpServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    asked = [...asked, new URLSearchParams(Buffer.concat(chunks).toString())];
    outgoing.end('<DeleteDBClusterResponse><DeleteDBClusterResult/></DeleteDBClusterResponse>');
  });
});
let client: RDSClient;

beforeAll(async () => {
  client = new RDSClient({
    endpoint: await listen(server, 0, 'RDS'),
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
});

afterAll(async () => {
  client.destroy();
  await closeServer(server);
});

test('the temporary cluster goes with its automated backups, the source keeps them beside a final snapshot', async () => {
  const clusters = createClusters({ client });
  await clusters.deleteCluster('temporary', null);
  await clusters.deleteCluster('source', 'last');
  const [temporary, source] = asked.map((parameters) => Object.fromEntries(parameters));
  expect(temporary).toMatchObject({ SkipFinalSnapshot: 'true', DeleteAutomatedBackups: 'true' });
  expect(source).toMatchObject({
    SkipFinalSnapshot: 'false',
    FinalDBSnapshotIdentifier: 'last',
    DeleteAutomatedBackups: 'false',
  });
});
