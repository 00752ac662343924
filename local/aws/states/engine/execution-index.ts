import { join } from 'node:path';
import * as z from 'zod';
import { executionArn, machineName } from '../model/arn.ts';
import { readJournal } from '../journal/journal.ts';
import { openAppendLog } from '../journal/append-log.ts';
import {
  apply,
  begin,
  recordSchema,
  statusSchema,
  type ExecutionRecord,
  type ExecutionState,
} from '../journal/record.ts';

const summarySchema = z.object({
  arn: z.string(),
  machineArn: z.string(),
  /** Null where the execution was started by the machine's name. */
  versionArn: z.string().nullable().default(null),
  name: z.string(),
  /** The execution's journal, below the directory of all of them. */
  file: z.string(),
  status: statusSchema,
  startDate: z.number(),
  stopDate: z.number().nullable(),
  redriveCount: z.number(),
  redriveDate: z.number().nullable(),
  mapRunArn: z.string().nullable(),
  parentArn: z.string().nullable(),
});

/** What is kept in memory of every execution; the rest is in its journal. */
export type ExecutionSummary = z.infer<typeof summarySchema>;

/** All executions that there ever were, by ARN, in the order of their starts. */
export function openExecutionIndex(directory: string) {
  return openAppendLog(join(directory, 'executions.jsonl'), summarySchema, (summary) => summary.arn);
}

export interface ExecutionPlace {
  readonly arn: string;
  readonly file: string;
}

/** The ARN of an execution and the file that its journal gets. */
export function placeOf(machineArn: string, name: string, label?: string): ExecutionPlace {
  const folder = label === undefined ? machineName(machineArn) : join(machineName(machineArn), `map-${label}`);
  return { arn: executionArn(machineArn, name, label), file: join(folder, `${name}.jsonl`) };
}

/** Reads an execution back from its journal. */
export function readExecution(file: string): ExecutionState {
  const [first, ...rest] = readRecords(file);
  if (first?.kind !== 'start') throw new Error(`The journal ${file} does not begin with a start`);
  const state = begin(first.start);
  for (const record of [first, ...rest]) apply(state, record);
  return state;
}

/** The records of an execution's journal. */
export function readRecords(file: string): ExecutionRecord[] {
  return readJournal(file).map((line) => recordSchema.parse(line));
}
