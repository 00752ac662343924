import {
  AddTagsToResourceCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  EnableHttpEndpointCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterCommand,
  RebootDBClusterCommand,
  RestoreDBClusterFromSnapshotCommand,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Databases, startDatabases } from '../../../../local/stack/databases.ts';
import { type Clients, connect, until } from './harness.ts';

const SOURCE = 'portage-source';
const ENGINE = 'aurora-postgresql';

let root: string;
let databases: Databases;
let aws: Clients;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-rds-'));
  databases = await startDatabases({ dataDir: join(root, 'databases') });
  aws = connect(databases);
  await aws.sql('create table kept as select n from generate_series(1, 1000) n');
});

afterAll(async () => {
  aws.destroy();
  await databases.stop();
  rmSync(root, { recursive: true, force: true });
});

// The tests below are one story, in this order: the decommission phase's snapshot, comparison and deletion.

test('the source is a protected cluster with one available instance, a secret and the Data API enabled', async () => {
  const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: SOURCE }));
  expect(DBClusters).toMatchObject([
    {
      DBClusterArn: databases.clusterArn,
      Status: 'available',
      Engine: ENGINE,
      DeletionProtection: true,
      HttpEndpointEnabled: true,
      MasterUserSecret: { SecretArn: databases.secretArn },
      DBClusterMembers: [{ DBInstanceIdentifier: 'portage-source-1', IsClusterWriter: true }],
    },
  ]);
  const filter = { Filters: [{ Name: 'db-cluster-id', Values: [SOURCE] }] };
  const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand(filter));
  expect(DBInstances).toMatchObject([{ DBInstanceStatus: 'available', DBClusterIdentifier: SOURCE }]);
});

test('a snapshot is being created, then available', async () => {
  const create = new CreateDBClusterSnapshotCommand({
    DBClusterIdentifier: SOURCE,
    DBClusterSnapshotIdentifier: 'before-the-end',
    Tags: [{ Key: 'portage:run', Value: 'a & b <c>' }],
  });
  const { DBClusterSnapshot } = await aws.rds.send(create);
  expect(DBClusterSnapshot).toMatchObject({ Status: 'creating', PercentProgress: 0, DBClusterIdentifier: SOURCE });
  await expect(aws.rds.send(create)).rejects.toMatchObject({ name: 'DBClusterSnapshotAlreadyExistsFault' });
  await until('available', () => aws.snapshotStatus('before-the-end'));
  const tags = await aws.rds.send(
    new ListTagsForResourceCommand({ ResourceName: DBClusterSnapshot?.DBClusterSnapshotArn }),
  );
  expect(tags.TagList).toEqual([{ Key: 'portage:run', Value: 'a & b <c>' }]);
});

test('a restored cluster cannot be queried before it has an instance and the endpoint', async () => {
  await aws.sql('delete from kept where n > 10');
  const restore = new RestoreDBClusterFromSnapshotCommand({
    DBClusterIdentifier: 'Compare',
    SnapshotIdentifier: 'before-the-end',
    Engine: ENGINE,
    EngineVersion: '17.5',
    DBSubnetGroupName: 'private',
    VpcSecurityGroupIds: ['sg-1', 'sg-2'],
    ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 2 },
    Tags: [{ Key: 'portage:temporary', Value: 'yes' }],
  });
  const { DBCluster } = await aws.rds.send(restore);
  expect(DBCluster).toMatchObject({
    DBClusterIdentifier: 'compare',
    Status: 'creating',
    DBSubnetGroup: 'private',
    VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { VpcSecurityGroupId: 'sg-2' }],
    TagList: [{ Key: 'portage:temporary', Value: 'yes' }],
  });
  expect(DBCluster?.MasterUserSecret).toBeUndefined();
  await expect(aws.rds.send(restore)).rejects.toMatchObject({ name: 'DBClusterAlreadyExistsFault' });
  await until('available', () => aws.clusterStatus('compare'));

  const arn = DBCluster?.DBClusterArn ?? '';
  const managed = await aws.rds.send(
    new ModifyDBClusterCommand({ DBClusterIdentifier: 'compare', ManageMasterUserPassword: true }),
  );
  const secretArn = managed.DBCluster?.MasterUserSecret?.SecretArn ?? '';
  expect(secretArn).not.toBe(databases.secretArn);
  const count = () => aws.sql('select count(*) as n from kept', { arn, secretArn });
  await expect(count()).rejects.toMatchObject({ name: 'HttpEndpointNotEnabledException' });
  const enabled = await aws.rds.send(new EnableHttpEndpointCommand({ ResourceArn: arn }));
  expect(enabled).toMatchObject({ ResourceArn: arn, HttpEndpointEnabled: true });
  await expect(count()).rejects.toMatchObject({ name: 'DatabaseNotFoundException' });

  const instance = { DBInstanceIdentifier: 'compare-1', DBClusterIdentifier: 'compare', Engine: ENGINE };
  await aws.rds.send(new CreateDBInstanceCommand({ ...instance, DBInstanceClass: 'db.serverless' }));
  await until('available', () => aws.instanceStatus('compare-1'));
  expect(await count()).toEqual([{ n: 1000 }]);
  expect(await aws.sql('select count(*) as n from kept')).toEqual([{ n: 10 }]);
  expect(databases.pids()).toHaveLength(2);
});

test('a cluster with an instance is not deleted; without, it goes with its server and its data', async () => {
  const skip = { DBClusterIdentifier: 'compare', SkipFinalSnapshot: true };
  await expect(aws.rds.send(new DeleteDBClusterCommand(skip))).rejects.toMatchObject({
    name: 'InvalidDBClusterStateFault',
  });
  await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'compare-1' }));
  await expect(aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'compare' }))).rejects.toMatchObject({
    name: 'InvalidParameterCombination',
  });
  await aws.rds.send(new DeleteDBClusterCommand(skip));
  await until('DBInstanceNotFoundFault', () => aws.instanceStatus('compare-1'));
  await until('DBClusterNotFoundFault', () => aws.clusterStatus('compare'));
  expect(databases.pids()).toHaveLength(1);
  expect(readdirSync(join(root, 'databases', 'clusters')).filter((name) => !name.endsWith('.log'))).toHaveLength(1);
});

test('what does not exist has the error that AWS gives it', async () => {
  const absent = 'no-such-thing';
  await expect(aws.clusterStatus(absent)).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
  await expect(aws.instanceStatus(absent)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  await expect(aws.snapshotStatus(absent)).rejects.toMatchObject({ name: 'DBClusterSnapshotNotFoundFault' });
  await expect(
    aws.rds.send(new EnableHttpEndpointCommand({ ResourceArn: 'arn:aws:rds:us-east-1:000000000000:cluster:none' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundFault' });
});

test('a call that is not offered is refused by name', async () => {
  await expect(aws.rds.send(new RebootDBClusterCommand({ DBClusterIdentifier: SOURCE }))).rejects.toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('RebootDBCluster'),
  });
});

test('tags can be added to a cluster', async () => {
  const ResourceName = databases.clusterArn;
  await aws.rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'a', Value: '1' }] }));
  const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName }));
  expect(TagList).toEqual([{ Key: 'a', Value: '1' }]);
});

test('the source is deleted only unprotected, and leaves a final snapshot that can be restored', async () => {
  const deletion = new DeleteDBClusterCommand({ DBClusterIdentifier: SOURCE, FinalDBSnapshotIdentifier: 'final' });
  await expect(aws.rds.send(deletion)).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
  await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: SOURCE, DeletionProtection: false }));
  await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'portage-source-1' }));
  await aws.rds.send(deletion);
  await until('DBClusterNotFoundFault', () => aws.clusterStatus(SOURCE));
  expect(databases.pids()).toEqual([]);
  expect(readdirSync(join(root, 'databases', 'clusters'))).toEqual([]);
  await expect(aws.sql('select 1')).rejects.toMatchObject({ name: 'DatabaseNotFoundException' });
  expect(await aws.snapshotStatus('final')).toBe('available');

  await aws.rds.send(
    new RestoreDBClusterFromSnapshotCommand({
      DBClusterIdentifier: 'back',
      SnapshotIdentifier: 'final',
      Engine: ENGINE,
    }),
  );
  await until('available', () => aws.clusterStatus('back'));
  await aws.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'back-1',
      DBClusterIdentifier: 'back',
      Engine: ENGINE,
      DBInstanceClass: 'db.serverless',
    }),
  );
  await until('available', () => aws.instanceStatus('back-1'));
  const { DBCluster } = await aws.rds.send(
    new ModifyDBClusterCommand({ DBClusterIdentifier: 'back', ManageMasterUserPassword: true }),
  );
  await aws.rds.send(new EnableHttpEndpointCommand({ ResourceArn: DBCluster?.DBClusterArn }));
  const back = { arn: DBCluster?.DBClusterArn ?? '', secretArn: DBCluster?.MasterUserSecret?.SecretArn ?? '' };
  expect(await aws.sql('select count(*) as n from kept', back)).toEqual([{ n: 10 }]);
});

test('a deleted source stays deleted after a restart, what was restored is there', async () => {
  await databases.stop();
  aws.destroy();
  databases = await startDatabases({ dataDir: join(root, 'databases') });
  aws = connect(databases);
  expect(databases.connectionString).toBeNull();
  await expect(aws.clusterStatus(SOURCE)).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
  expect(await aws.instanceStatus('back-1')).toBe('available');
  expect(databases.pids()).toHaveLength(1);
});

test('a deleted snapshot is gone from the disk too', async () => {
  await aws.rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: 'final' }));
  await expect(aws.snapshotStatus('final')).rejects.toMatchObject({ name: 'DBClusterSnapshotNotFoundFault' });
  expect(existsSync(join(root, 'databases', 'snapshots', 'final'))).toBe(false);
});
