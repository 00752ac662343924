import { RdsError } from './errors.ts';
import { available, clusterOf, instanceOf } from './lookup.ts';
import { idOf, instanceArn } from './names.ts';
import type { Query } from './query.ts';
import type { Instance } from './state.ts';
import { ENGINE, instanceView } from './views.ts';
import type { World } from './rds-context.ts';
import { XmlList, type XmlValue } from './xml.ts';

export function describeInstances(query: Query, world: World): XmlValue {
  const asked = query.optional('DBInstanceIdentifier');
  const clusters = query.filter('db-cluster-id')?.map(idOf);
  const found = asked === null ? [...world.state.instances.values()] : [instanceOf(world, asked)];
  const matching = found.filter(({ clusterId }) => clusters === undefined || clusters.includes(clusterId));
  return {
    DBInstances: new XmlList(
      'DBInstance',
      matching.map((instance) => show(world, instance)),
    ),
  };
}

/** Starts the cluster's PostgreSQL; further instances of a cluster are readers in name only. */
export function createInstance(query: Query, world: World): XmlValue {
  const id = query.identifier('DBInstanceIdentifier');
  const cluster = available(clusterOf(world, query.required('DBClusterIdentifier')));
  if (query.required('Engine') !== ENGINE) {
    throw new RdsError('InvalidParameterCombination', `The engine of cluster ${cluster.id} is ${ENGINE}`);
  }
  if (world.state.instances.has(id))
    throw new RdsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${id}`);
  const instance: Instance = {
    id,
    arn: instanceArn(id),
    clusterId: cluster.id,
    instanceClass: query.required('DBInstanceClass'),
    status: 'creating',
    createdAt: world.now(),
    tags: query.tags(),
  };
  world.state.instances.set(id, instance);
  world.state.save();
  world.fleet.startInstance(instance);
  return { DBInstance: show(world, instance) };
}

export function deleteInstance(query: Query, world: World): XmlValue {
  const instance = instanceOf(world, query.required('DBInstanceIdentifier'));
  if (instance.status === 'deleting') {
    throw new RdsError('InvalidDBInstanceStateFault', `Instance ${instance.id} is already being deleted.`);
  }
  instance.status = 'deleting';
  world.state.save();
  world.fleet.deleteInstance(instance);
  return { DBInstance: show(world, instance) };
}

function show(world: World, instance: Instance): XmlValue {
  const { clusterId } = instance;
  return instanceView(instance, world.state.clusters.get(clusterId), world.fleet.address(clusterId));
}
