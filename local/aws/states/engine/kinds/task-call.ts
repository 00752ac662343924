import type { Integration } from '../../definition/integrations.ts';
import type { JsonObject, Json } from '../../model/json.ts';
import type { Frame, Attempt } from '../../journal/frame.ts';
import type { Run } from '../run/run.ts';

/** One attempt at a Task while it is carried out. */

export interface TaskCall {
  readonly run: Run;
  readonly frame: Frame;
  readonly integration: Integration;
  readonly args: JsonObject;
  readonly timeoutMs: number;
  readonly heartbeatMs: number | null;
  readonly attempt: () => Attempt;
  /** Writes down how far the attempt has come. */
  note(change: Partial<Attempt>, output?: Json): void;
}
