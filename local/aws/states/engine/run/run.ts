import type { SimulatedClock } from '../../../../clock/clock.ts';
import type { EndedExecution, ExecutionState, ExecutionStatus } from '../../journal/record.ts';
import type { Frame, FrameChange } from '../../journal/frame.ts';
import type { EventDraft } from '../../journal/history.ts';
import type { InvokeFunction } from './lambda.ts';
import type { Denial } from '../../model/denial.ts';
import type { Json } from '../../model/json.ts';
import type { Graph } from '../../definition/schema.ts';
import type { MapRuns } from './map-run.ts';
import type { Tokens } from './tokens.ts';

/** What happens at once: the change of a frame and the events that tell of it. */
export interface Step {
  readonly change?: FrameChange;
  readonly clear?: boolean;
  readonly events?: readonly EventDraft[];
}

export interface StartRequest {
  /** May name a version. */
  readonly machineArn: string;
  readonly name: string;
  readonly input: Json;
  /** The execution that waits for this one, and stops it when it is stopped itself. */
  readonly parentArn?: string;
  /** For a distributed map's child. */
  readonly map?: {
    readonly runArn: string;
    readonly label: string;
    readonly state: string;
    readonly revision: string;
    readonly roleArn: string;
  };
}

/** Executions as a running execution sees them: its children. */
export interface Children {
  start(request: StartRequest): { readonly arn: string; readonly startDate: number };
  find(arn: string): { readonly status: ExecutionStatus; readonly stopDate: number | null } | undefined;
  redrivable(arn: string): boolean;
  redrive(arn: string): void;
  stop(arn: string): void;
  finished(arn: string): Promise<EndedExecution>;
}

export interface Services {
  readonly clock: SimulatedClock;
  readonly region: string;
  /** What machines' roles may do. */
  readonly denial: Denial;
  readonly invoke: InvokeFunction;
  readonly tokens: Tokens;
  readonly children: Children;
  readonly mapRuns: MapRuns;
  readonly random: () => number;
}

/** One execution while it is interpreted. */
export interface Run {
  readonly state: ExecutionState;
  readonly services: Services;
  /** Aborted with an `Interrupted` when this line of execution has to end. */
  readonly signal: AbortSignal;
  /** Writes a step into the journal and carries it out; throws once the execution has ended. */
  step(path: string, step: Step): Frame;
  /** Runs a frame from where it stands to the end of its graph. */
  follow(run: Run, frame: Frame, graph: Graph): Promise<Json>;
}
