/** RDS's errors: the name in the model, the code on the wire where it differs, the HTTP status. */
const WIRE = {
  DBClusterAlreadyExistsFault: ['DBClusterAlreadyExistsFault', 400],
  DBClusterNotFoundFault: ['DBClusterNotFoundFault', 404],
  DBClusterSnapshotAlreadyExistsFault: ['DBClusterSnapshotAlreadyExistsFault', 400],
  DBClusterSnapshotNotFoundFault: ['DBClusterSnapshotNotFoundFault', 404],
  DBInstanceAlreadyExistsFault: ['DBInstanceAlreadyExists', 400],
  DBInstanceNotFoundFault: ['DBInstanceNotFound', 404],
  InvalidDBClusterSnapshotStateFault: ['InvalidDBClusterSnapshotStateFault', 400],
  InvalidDBClusterStateFault: ['InvalidDBClusterStateFault', 400],
  InvalidDBInstanceStateFault: ['InvalidDBInstanceState', 400],
  InvalidResourceStateFault: ['InvalidResourceStateFault', 400],
  ResourceNotFoundFault: ['ResourceNotFoundFault', 404],
  InvalidAction: ['InvalidAction', 400],
  InvalidParameterCombination: ['InvalidParameterCombination', 400],
  InvalidParameterValue: ['InvalidParameterValue', 400],
  MissingParameter: ['MissingParameter', 400],
  InternalFailure: ['InternalFailure', 500],
} as const;

/** A refusal by the control API, under AWS's code. */
export class RdsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(name: keyof typeof WIRE, message: string) {
    super(message);
    this.name = name;
    [this.code, this.status] = WIRE[name];
  }
}
