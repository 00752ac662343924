/** `blocks`: the migration cannot start. `warns`: a person should look. `informs`: said so that nobody is surprised. */
export type Severity = 'blocks' | 'warns' | 'informs';

/** Something the check has to say. `name` is stable; `path` is where in the plan. */
export interface Finding {
  readonly name: string;
  readonly severity: Severity;
  readonly entity: string | null;
  readonly path: string;
  readonly evidence: string;
  readonly remedy: string;
}
