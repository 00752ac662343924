import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { ApiError, noSuchMachine } from '../model/api-error.ts';
import { checkName, machineArn, machineName, type Account } from '../model/arn.ts';
import { parseDefinition } from '../definition/definition.ts';
import { openAppendLog } from '../journal/append-log.ts';
import type { Definition, Graph } from '../definition/schema.ts';

const machineSchema = z.object({
  arn: z.string(),
  name: z.string(),
  roleArn: z.string(),
  revision: z.string(),
  status: z.enum(['ACTIVE', 'DELETING']),
  creationDate: z.number(),
  updateDate: z.number(),
});
export type Machine = z.infer<typeof machineSchema>;

const revisionSchema = z.object({ id: z.string(), definition: z.string() });

export interface NewMachine {
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
}

export type Machines = ReturnType<typeof openMachines>;

/** The state machines and every revision of their definitions, which executions refer to for as long as they exist. */
export function openMachines(directory: string, account: Account, now: () => number) {
  const machines = openAppendLog(join(directory, 'machines.jsonl'), machineSchema, (machine) => machine.arn);
  const revisions = openAppendLog(join(directory, 'revisions.jsonl'), revisionSchema, (revision) => revision.id);
  const parsed = new Map<string, Definition>();

  const get = (arn: string): Machine => {
    machineName(arn);
    const machine = machines.get(arn);
    if (!machine) throw noSuchMachine(arn);
    return machine;
  };
  const textOf = (revision: string): string => {
    const found = revisions.get(revision);
    if (!found) throw new ApiError('ResourceNotFound', `There is no revision ${revision}`);
    return found.definition;
  };
  const addRevision = (definition: string): string => {
    const id = randomUUID();
    parsed.set(id, parseDefinition(definition));
    revisions.put({ id, definition });
    return id;
  };
  const definitionOf = (revision: string): Definition => {
    const known = parsed.get(revision) ?? parseDefinition(textOf(revision));
    parsed.set(revision, known);
    return known;
  };

  return {
    get,
    textOf,
    definitionOf,
    values: (): Machine[] => [...machines.values()],
    create: ({ name, definition, roleArn }: NewMachine): Machine => {
      const arn = machineArn(account, checkName(name));
      const known = machines.get(arn);
      if (known?.status === 'DELETING')
        throw new ApiError('StateMachineDeleting', `State Machine is deleting: '${arn}'`);
      if (known) {
        if (textOf(known.revision) === definition && known.roleArn === roleArn) return known;
        throw new ApiError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
      }
      const date = now();
      const revision = addRevision(definition);
      const machine: Machine = {
        arn,
        name,
        roleArn,
        revision,
        status: 'ACTIVE',
        creationDate: date,
        updateDate: date,
      };
      machines.put(machine);
      return machine;
    },
    update: (arn: string, change: { definition?: string | undefined; roleArn?: string | undefined }): Machine => {
      const machine = get(arn);
      if (machine.status === 'DELETING')
        throw new ApiError('StateMachineDeleting', `State Machine is deleting: '${arn}'`);
      const revision = change.definition === undefined ? machine.revision : addRevision(change.definition);
      const updated = { ...machine, revision, roleArn: change.roleArn ?? machine.roleArn, updateDate: now() };
      machines.put(updated);
      return updated;
    },
    /** Deletes a machine; while executions run it only stops taking new ones, as on AWS. */
    delete: (arn: string, running: boolean): void => {
      machineName(arn);
      const machine = machines.get(arn);
      if (!machine) return;
      if (running) machines.put({ ...machine, status: 'DELETING' });
      else machines.delete(arn);
    },
    close: (): void => {
      machines.close();
      revisions.close();
    },
  };
}

/** The processor of the Map state of that name, wherever it stands. */
export function processorOf(graph: Graph, mapState: string): Graph | null {
  for (const [name, state] of graph.States) {
    if (state.Type === 'Map' && name === mapState) return state.ItemProcessor;
    const below = state.Type === 'Map' ? [state.ItemProcessor] : state.Type === 'Parallel' ? state.Branches : [];
    for (const inner of below) {
      const found = processorOf(inner, mapState);
      if (found) return found;
    }
  }
  return null;
}
