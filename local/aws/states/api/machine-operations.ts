import * as z from 'zod';
import { ApiError } from '../model/api-error.ts';
import { readDefinition } from '../definition/definition.ts';
import type { Machine } from '../engine/machines.ts';
import { operation, page, paging, seconds, type Service, type StatesOperation } from './operation.ts';

const settings = {
  loggingConfiguration: z.unknown().optional(),
  tracingConfiguration: z.unknown().optional(),
  encryptionConfiguration: z.unknown().optional(),
  publish: z.literal(false, { error: 'publish versions by PublishStateMachineVersion' }).optional(),
};
const standard = z.enum(['STANDARD', 'EXPRESS']).optional();

function refuseExpress(type: 'STANDARD' | 'EXPRESS' | undefined): void {
  if (type === 'EXPRESS') {
    throw new ApiError('InvalidDefinition', "Invalid State Machine Definition: 'type EXPRESS is not supported'");
  }
}

const SYNC = '"arn:aws:states:::states:startExecution.sync';
/** Step Functions learns of a child's end through a rule that it makes with the machine's role. */
const MANAGED_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
const ON_RULE = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

function refuseRule({ account, denial }: Service, definition: string, roleArn: string): void {
  const { accountId, region } = account;
  const rule = `arn:aws:events:${region}:${accountId}:${MANAGED_RULE}`;
  if (definition.includes(SYNC) && ON_RULE.some((action) => denial(roleArn, action, rule) !== null))
    throw new ApiError('AccessDeniedException', `'${roleArn}' is not authorized to create managed-rule.`);
}

function described(machine: Machine, definition: string): object {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: machine.status,
    definition,
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: seconds(machine.creationDate),
    revisionId: machine.revision,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

/** The actions on state machines. */
export const machineOperations: Readonly<Record<string, StatesOperation>> = {
  CreateStateMachine: operation(
    z.object({
      name: z.string(),
      definition: z.string(),
      roleArn: z.string(),
      type: standard,
      tags: z.unknown().optional(),
      ...settings,
    }),
    (service, { type, ...request }) => {
      refuseExpress(type);
      refuseRule(service, request.definition, request.roleArn);
      const machine = service.machines.create(request);
      return { stateMachineArn: machine.arn, creationDate: seconds(machine.creationDate) };
    },
  ),
  UpdateStateMachine: operation(
    z.object({
      stateMachineArn: z.string(),
      definition: z.string().optional(),
      roleArn: z.string().optional(),
      ...settings,
    }),
    (service, { stateMachineArn, definition, roleArn }) => {
      const { machines } = service;
      if (definition === undefined && roleArn === undefined) {
        throw new ApiError('MissingRequiredParameter', 'Either the definition or the role ARN must be specified');
      }
      const before = machines.get(stateMachineArn);
      refuseRule(service, definition ?? machines.textOf(before.revision), roleArn ?? before.roleArn);
      const machine = machines.update(stateMachineArn, { definition, roleArn });
      return { updateDate: seconds(machine.updateDate), revisionId: machine.revision };
    },
  ),
  DeleteStateMachine: operation(
    z.object({ stateMachineArn: z.string() }),
    ({ machines, executions }, { stateMachineArn }) => {
      machines.delete(stateMachineArn, executions.isRunning(stateMachineArn));
      return {};
    },
  ),
  DescribeStateMachine: operation(
    z.object({ stateMachineArn: z.string(), includedData: z.string().optional() }),
    ({ machines }, { stateMachineArn }) => {
      const { machine, revision, roleArn } = machines.started(stateMachineArn);
      return described({ ...machine, arn: stateMachineArn, revision, roleArn }, machines.textOf(revision));
    },
  ),
  PublishStateMachineVersion: operation(
    z.object({ stateMachineArn: z.string(), revisionId: z.string().optional(), description: z.string().optional() }),
    ({ machines }, { stateMachineArn, revisionId }) => {
      const { arn, creationDate } = machines.publish(stateMachineArn, revisionId);
      return { stateMachineVersionArn: arn, creationDate: seconds(creationDate) };
    },
  ),
  ListStateMachineVersions: operation(
    z.object({ stateMachineArn: z.string(), ...paging }),
    ({ machines }, { stateMachineArn, ...request }) => {
      const { items, nextToken } = page(machines.versionsOf(stateMachineArn).reverse(), request);
      const stateMachineVersions = items.map(({ arn, creationDate }) => ({
        stateMachineVersionArn: arn,
        creationDate: seconds(creationDate),
      }));
      return { stateMachineVersions, nextToken };
    },
  ),
  DescribeStateMachineForExecution: operation(
    z.object({ executionArn: z.string(), includedData: z.string().optional() }),
    ({ machines, executions }, { executionArn }) => {
      const { machineArn, roleArn, revision, mapRunArn } = executions.load(executionArn).start;
      const machine = machines.get(machineArn);
      return {
        ...described({ ...machine, roleArn, revision }, machines.textOf(revision)),
        updateDate: seconds(machine.updateDate),
        mapRunArn: mapRunArn ?? undefined,
      };
    },
  ),
  ListStateMachines: operation(z.object(paging), ({ machines }, request) => {
    const { items, nextToken } = page(machines.values(), request);
    const stateMachines = items.map(({ arn, name, creationDate }) => ({
      stateMachineArn: arn,
      name,
      type: 'STANDARD',
      creationDate: seconds(creationDate),
    }));
    return { stateMachines, nextToken };
  }),
  ValidateStateMachineDefinition: operation(
    z.object({
      definition: z.string(),
      type: standard,
      severity: z.string().optional(),
      maxResults: z.number().optional(),
    }),
    (_, { definition }) => {
      const { findings } = readDefinition(definition);
      return {
        result: findings.length > 0 ? 'FAIL' : 'OK',
        diagnostics: findings.map((finding) => ({ severity: 'ERROR', ...finding })),
        truncated: false,
      };
    },
  ),
  ListTagsForResource: operation(z.object({ resourceArn: z.string() }), () => ({ tags: [] })),
};
