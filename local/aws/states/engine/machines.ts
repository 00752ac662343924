import { join } from 'node:path';
import * as z from 'zod';
import { ApiError, noSuchMachine } from '../model/api-error.ts';
import { versionNumber } from '../../version-number.ts';
import { checkName, machineArn, machineName, qualifiedMachine, type Account } from '../model/arn.ts';
import { revisionId } from '../model/revision.ts';
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

const versionSchema = z.object({
  arn: z.string(),
  machineArn: z.string(),
  revision: z.string(),
  roleArn: z.string(),
  creationDate: z.number(),
});
/** What a machine was when the version was published. */
export type MachineVersion = z.infer<typeof versionSchema>;

/** What an execution is started with: the newest revision of a machine, or a version. */
export interface StartedMachine {
  readonly machine: Machine;
  readonly revision: string;
  readonly roleArn: string;
  readonly versionArn: string | null;
}

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
  const versions = openAppendLog(join(directory, 'versions.jsonl'), versionSchema, (version) => version.arn);
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
  const addRevision = (definition: string, roleArn: string): string => {
    const id = revisionId(definition, roleArn);
    parsed.set(id, parseDefinition(definition));
    if (revisions.get(id) === undefined) revisions.put({ id, definition });
    return id;
  };
  const versionsOf = (arn: string): MachineVersion[] =>
    [...versions.values()].filter((version) => version.machineArn === arn);
  const deleteWithVersions = (arn: string): void => {
    for (const version of versionsOf(arn)) versions.delete(version.arn);
    machines.delete(arn);
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
    /** The machine of an ARN, which may name a version. */
    started: (arn: string): StartedMachine => {
      const { machineArn: unqualified, qualifier } = qualifiedMachine(arn);
      const machine = machines.get(unqualified);
      if (!machine) throw noSuchMachine(arn);
      if (qualifier === null)
        return { machine, revision: machine.revision, roleArn: machine.roleArn, versionArn: null };
      const version = versions.get(arn);
      if (!version) throw noSuchMachine(arn);
      return { machine, revision: version.revision, roleArn: version.roleArn, versionArn: arn };
    },
    /** Publishes the machine's newest revision, which has at most one version. */
    publish: (arn: string, revision = get(arn).revision): MachineVersion => {
      const machine = get(arn);
      if (machine.revision !== revision)
        throw new ApiError('ConflictException', `The revision of '${arn}' is ${machine.revision}, not ${revision}`);
      const versionArn = `${arn}:${versionNumber(revision)}`;
      const known = versions.get(versionArn);
      if (known) return known;
      const { roleArn } = machine;
      const version = { arn: versionArn, machineArn: arn, revision, roleArn, creationDate: now() };
      versions.put(version);
      return version;
    },
    versionsOf: (arn: string): MachineVersion[] => versionsOf(get(arn).arn),
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
      const revision = addRevision(definition, roleArn);
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
      const roleArn = change.roleArn ?? machine.roleArn;
      const revision = addRevision(change.definition ?? textOf(machine.revision), roleArn);
      const updated = { ...machine, revision, roleArn, updateDate: now() };
      machines.put(updated);
      return updated;
    },
    /** Deletes a machine; while executions run it only stops taking new ones, as on AWS. */
    delete: (arn: string, running: boolean): void => {
      machineName(arn);
      const machine = machines.get(arn);
      if (!machine) return;
      if (running) machines.put({ ...machine, status: 'DELETING' });
      else deleteWithVersions(arn);
    },
    close: (): void => {
      machines.close();
      revisions.close();
      versions.close();
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
