import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicClock } from '../../src/adapters/clock/monotonic-clock.ts';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { dynamo } from './clients.ts';
import { type Environment, readPlan } from './environment.ts';
import { type PortFactory, port } from './port.ts';
import type { ControlPorts } from './ports.ts';

export const plan: PortFactory<ControlPorts['plan']> = /* @__PURE__ */ port({}, ({ value }) => readPlan(value));

export const control: PortFactory<ControlPorts['control']> = /* @__PURE__ */ port({}, controlTableOf);

export const time: PortFactory<ControlPorts['time']> = /* @__PURE__ */ port({}, () => monotonicClock);

export const mapping: PortFactory<ControlPorts['mapping']> = /* @__PURE__ */ port(
  { control, plan },
  ({ control, plan }) => {
    // A warm function outlives a generation, so the mode is read on each call and only the compiled mapping is kept.
    let compiled: { readonly generation: number; readonly mapping: Mapping } | null = null;
    return async () => {
      const { generation, mappingRevision } = await control.mode();
      if (compiled?.generation === generation && compiled.mapping.revision >= mappingRevision) return compiled.mapping;
      const facts = await control.facts(generation);
      if (facts === null) throw new Error(`generation ${generation} has no facts yet: install capture first`);
      compiled = { generation, mapping: compilePlan(plan, facts.catalogue, facts.shards, facts) };
      return compiled.mapping;
    };
  },
);

export function controlTableOf({ client, value }: Environment): ControlTable {
  return createControlTable({
    client: DynamoDBDocumentClient.from(client(dynamo)),
    tableName: value('PORTAGE_CONTROL_TABLE'),
  });
}
