import { ACCOUNT, REGION } from '../../aws/account.ts';
import { type Call, call, type WireRequest } from '../call.ts';
import { type KeyOf, onKey } from './kms.ts';

type Form = URLSearchParams;

/** The calls of a request to SNS. Messages of an encrypted topic are encrypted with the caller's rights on its key. */
export function snsCalls(keyOf: KeyOf) {
  return (request: WireRequest): readonly Call[] => {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const action = form.get('Action') ?? '';
    if (action !== 'Publish') return [call(`sns:${action}`, form.get('TopicArn') ?? '*')];
    const topic = form.get('TopicArn') ?? '';
    return [call('sns:Publish', topic), ...onKey('sns', keyOf(topic), 'GenerateDataKey', 'Decrypt')];
  };
}

/** The calls of a request to RDS: the action on each of the resources that the request names. */
export function rdsCalls(request: WireRequest): readonly Call[] {
  const form = new URLSearchParams(request.body.toString('utf8'));
  const action = form.get('Action') ?? '';
  const on = (...resources: readonly (string | null)[]): readonly Call[] =>
    resources.flatMap((resource) => (resource === null ? [] : [call(`rds:${action}`, resource)]));
  const cluster = arnOf(form, 'cluster', 'DBClusterIdentifier');
  const instance = arnOf(form, 'db', 'DBInstanceIdentifier');
  const snapshot = arnOf(form, 'cluster-snapshot', 'DBClusterSnapshotIdentifier');
  const parameterGroup = arnOf(form, 'cluster-pg', 'DBClusterParameterGroupName') ?? arn('cluster-pg', 'default');
  const subnetGroup = arnOf(form, 'subgrp', 'DBSubnetGroupName') ?? arn('subgrp', 'default');
  const optionGroup = arn('og', 'default');
  switch (action) {
    case 'DescribeDBClusters':
      return on(cluster ?? arn('cluster', '*'));
    case 'DescribeDBInstances':
      return on(instance ?? arn('db', '*'));
    case 'DescribeDBClusterSnapshots':
      return on(snapshot ?? cluster ?? arn('cluster-snapshot', '*'));
    case 'CreateDBClusterSnapshot':
      return on(cluster, snapshot);
    case 'RestoreDBClusterFromSnapshot':
      return [
        ...on(cluster, arnOf(form, 'cluster-snapshot', 'SnapshotIdentifier'), parameterGroup, subnetGroup, optionGroup),
        ...tagged(form, cluster),
      ];
    case 'CreateDBInstance':
      return [...on(instance, cluster, arn('pg', 'default'), subnetGroup, optionGroup), ...tagged(form, instance)];
    case 'ModifyDBCluster':
      return [...on(cluster, parameterGroup, optionGroup), ...managedSecret(form)];
    case 'DeleteDBCluster':
      return on(cluster, arnOf(form, 'cluster-snapshot', 'FinalDBSnapshotIdentifier'));
    case 'DeleteDBInstance':
      return on(instance);
    case 'DeleteDBClusterSnapshot':
      return on(snapshot);
    case 'EnableHttpEndpoint':
    case 'DisableHttpEndpoint':
      return on(form.get('ResourceArn'));
    default:
      return on(form.get('ResourceName') ?? cluster ?? instance ?? '*');
  }
}

function tagged(form: Form, resource: string | null): readonly Call[] {
  return resource !== null && [...form.keys()].some((name) => name.startsWith('Tags.'))
    ? [call('rds:AddTagsToResource', resource)]
    : [];
}

/** What RDS does in the caller's name when it begins to manage a cluster's password. */
function managedSecret(form: Form): readonly Call[] {
  if (form.get('ManageMasterUserPassword') !== 'true') return [];
  const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:rds!cluster-new`;
  const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/aws-secretsmanager`;
  return [
    call('secretsmanager:CreateSecret', secret),
    call('secretsmanager:TagResource', secret),
    call('kms:DescribeKey', key, { 'kms:ResourceAliases': ['alias/aws/secretsmanager'] }),
  ];
}

function arnOf(form: Form, kind: string, parameter: string): string | null {
  const value = form.get(parameter);
  if (value === null || value === '') return null;
  return value.startsWith('arn:') ? value : arn(kind, value);
}

function arn(kind: string, name: string): string {
  return `arn:aws:rds:${REGION}:${ACCOUNT}:${kind}:${name}`;
}
