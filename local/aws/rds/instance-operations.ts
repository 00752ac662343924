import { RdsError } from './errors.ts';
import { available, clusterOf, instanceOf } from './lookup.ts';
import { idOf, instanceArn } from './names.ts';
import type { Query } from './query.ts';
import type { Instance } from './state.ts';
import { ENGINE, instanceView } from './views.ts';
import type { RdsContext } from './rds-context.ts';
import { XmlList, type XmlValue } from './xml.ts';

export function describeInstances(query: Query, context: RdsContext): XmlValue {
  const asked = query.optional('DBInstanceIdentifier');
  const clusters = query.filter('db-cluster-id')?.map(idOf);
  const found = asked === null ? [...context.state.instances.values()] : [instanceOf(context, asked)];
  const matching = found.filter(({ clusterId }) => clusters === undefined || clusters.includes(clusterId));
  return {
    DBInstances: new XmlList(
      'DBInstance',
      matching.map((instance) => show(context, instance)),
    ),
  };
}

/** Starts the cluster's PostgreSQL; further instances of a cluster share the one server. */
export function createInstance(query: Query, context: RdsContext): XmlValue {
  const id = query.identifier('DBInstanceIdentifier');
  const cluster = available(clusterOf(context, query.required('DBClusterIdentifier')));
  if (query.required('Engine') !== ENGINE) {
    throw new RdsError('InvalidParameterCombination', `The engine of cluster ${cluster.id} is ${ENGINE}`);
  }
  if (context.state.instances.has(id))
    throw new RdsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${id}`);
  const instance: Instance = {
    id,
    arn: instanceArn(id),
    clusterId: cluster.id,
    instanceClass: query.required('DBInstanceClass'),
    status: 'creating',
    createdAt: context.now(),
    tags: query.tags(),
  };
  context.state.instances.set(id, instance);
  context.state.save();
  context.processes.startInstance(instance);
  return { DBInstance: show(context, instance) };
}

export function deleteInstance(query: Query, context: RdsContext): XmlValue {
  const instance = instanceOf(context, query.required('DBInstanceIdentifier'));
  if (instance.status === 'deleting') {
    throw new RdsError('InvalidDBInstanceStateFault', `Instance ${instance.id} is already being deleted.`);
  }
  instance.status = 'deleting';
  context.state.save();
  context.processes.deleteInstance(instance);
  return { DBInstance: show(context, instance) };
}

function show(context: RdsContext, instance: Instance): XmlValue {
  const { clusterId } = instance;
  return instanceView(instance, context.state.clusters.get(clusterId), context.processes.address(clusterId));
}
