import type * as z from 'zod';
import { collectFaults, invalidDefinition, type DefinitionFault, type ReportFault } from './fault.ts';
import { isObject, parseJson, type Json, type JsonObject } from '../model/json.ts';
import { lintDefinition } from './lint.ts';
import { graphSchema, machineSchema, processorSchema, stateSchemas } from './schema.ts';
import type { Definition, Graph, MapState, ParallelState, State } from './schema.ts';
import { messageOf } from '../model/failure.ts';

/** Reads a definition; throws `InvalidDefinition` naming each unsupported field and each fault, with its state. */
export function parseDefinition(text: string): Definition {
  const { definition, findings } = readDefinition(text);
  if (!definition || findings.length > 0) throw invalidDefinition(findings);
  return definition;
}

/** Reads a definition and lists what is wrong with it. */
export function readDefinition(text: string): { definition: Definition | null; findings: readonly DefinitionFault[] } {
  const { findings, report } = collectFaults();
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    report('/', messageOf(error), 'INVALID_JSON_DESCRIPTION');
    return { definition: null, findings };
  }
  if (isObject(json) && json['QueryLanguage'] === undefined) {
    report('/QueryLanguage', 'must be JSONata: without it the machine is one of JSONPath, which is not supported');
  }
  const machine = check(machineSchema, json, '', report);
  const graph = machine && readGraph(machine, '', report);
  // What is missing because its shape is wrong would only be reported a second time as a missing target.
  if (!graph || findings.length > 0) return { definition: null, findings };
  const definition = { ...graph, TimeoutSeconds: machine.TimeoutSeconds };
  lintDefinition(definition, report);
  return { definition, findings };
}

type GraphShape = z.infer<typeof graphSchema>;

function readGraph(shape: GraphShape, path: string, report: ReportFault): Graph {
  const states = new Map<string, State>();
  for (const [name, state] of Object.entries(shape.States)) {
    const read = readState(state, `${path}/States/${name}`, report);
    if (read) states.set(name, read);
  }
  return { StartAt: shape.StartAt, States: states };
}

function readState(json: JsonObject, path: string, report: ReportFault): State | null {
  const type = json['Type'];
  switch (type) {
    case 'Task':
    case 'Choice':
    case 'Wait':
    case 'Pass':
    case 'Succeed':
    case 'Fail':
      return check<State>(stateSchemas[type], json, path, report);
    case 'Parallel':
      return readParallel(json, path, report);
    case 'Map':
      return readMap(json, path, report);
    default:
      report(`${path}/Type`, `Unknown state type ${JSON.stringify(type)}`);
      return null;
  }
}

function readParallel(json: JsonObject, path: string, report: ReportFault): ParallelState | null {
  const state = check(stateSchemas.Parallel, json, path, report);
  if (!state) return null;
  const branches: Graph[] = [];
  for (const [index, branch] of state.Branches.entries()) {
    const place = `${path}/Branches[${index}]`;
    const shape = check(graphSchema, branch, place, report);
    if (shape) branches.push(readGraph(shape, place, report));
  }
  return { ...state, Branches: branches };
}

function readMap(json: JsonObject, path: string, report: ReportFault): MapState | null {
  const state = check(stateSchemas.Map, json, path, report);
  const place = `${path}/ItemProcessor`;
  const shape = state && check(processorSchema, state.ItemProcessor, place, report);
  if (!shape) return null;
  const distributed = shape.ProcessorConfig?.Mode === 'DISTRIBUTED';
  if (distributed && shape.ProcessorConfig?.ExecutionType === undefined) {
    report(`${place}/ProcessorConfig`, 'ExecutionType is required with Mode DISTRIBUTED');
  }
  return { ...state, ItemProcessor: { ...readGraph(shape, place, report), distributed } };
}

const JSONPATH_FIELDS: ReadonlySet<string> = new Set(
  (
    'InputPath Parameters ResultSelector ResultPath OutputPath ItemsPath SecondsPath TimestampPath TimeoutSecondsPath ' +
    'HeartbeatSecondsPath MaxConcurrencyPath ToleratedFailureCountPath ToleratedFailurePercentagePath ErrorPath ' +
    'CausePath Result Variable Iterator'
  ).split(' '),
);

function check<T>(schema: z.ZodType<T>, json: Json, path: string, report: ReportFault): T | null {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const place = issue.path.reduce<string>(
      (at, part) => (typeof part === 'number' ? `${at}[${part}]` : `${at}/${String(part)}`),
      path,
    );
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) report(`${place}/${key}`, unknownField(key));
    } else {
      report(place || '/', issue.message);
    }
  }
  return null;
}

function unknownField(key: string): string {
  if (JSONPATH_FIELDS.has(key)) return `Field '${key}' belongs to JSONPath, only JSONata is supported`;
  return `Field '${key}' is not supported`;
}
