import { SOURCE, TABLE } from '../../src/domain/assess/estimate.ts';

/** A rate or a limit, with where it comes from. */
export interface Sourced {
  readonly value: number;
  readonly what: string;
  readonly source: string;
}

/** How fast the services answer in the simulation. */
export const RATES = {
  rows: {
    value: SOURCE.rowsPerSecond,
    what: 'whole rows a second that the Data API gives one worker',
    source: 'the assumption of `portage plan check`; 7,000 measured on the embedded engines',
  },
  keys: {
    value: 3_000,
    what: 'identities a second that the Data API gives one worker',
    source: 'a tenth of 32,400, measured on the embedded engines, 500,000 rows, uuid keys, 2026-11-29',
  },
  strides: {
    value: 13_000,
    what: 'rows a second that a stride passes in index order',
    source: 'a tenth of 131,000, measured likewise',
  },
  readUnits: {
    value: TABLE.readUnitsPerSecond,
    what: 'read units a second of a table that is not warmed',
    source: 'AWS, on-demand throughput of a new table',
  },
  s3: {
    value: 0.15,
    what: 'seconds of a request to S3',
    source: 'AWS, S3 performance guidelines: 100 to 200 ms for small objects',
  },
  users: {
    value: 30,
    what: 'users a second that a pool creates',
    source: 'AWS, Cognito quota of UserCreation: 50 a second and account, shared with the application',
  },
} as const satisfies Readonly<Record<string, Sourced>>;

export const LIMITS = {
  statementSeconds: { value: 45, what: 'seconds of a Data API call', source: 'AWS' },
  answerBytes: { value: 1024 ** 2, what: 'bytes of a Data API response', source: 'AWS' },
  payloadBytes: { value: 256 * 1024, what: 'bytes of a payload or a variable of Step Functions', source: 'AWS' },
  recordBytes: { value: 400 * 1024, what: 'bytes of an item of the control table', source: 'AWS' },
  events: { value: 25_000, what: 'events of an execution', source: 'AWS' },
  mapParts: { value: 10_000, what: 'parts of a distributed Map that run at once', source: 'AWS' },
} as const satisfies Readonly<Record<string, Sourced>>;
