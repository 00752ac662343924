export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The cluster details that the Data API needs to serve a call. */
export interface Cluster {
  readonly httpEndpointEnabled: boolean;
  /** Where its PostgreSQL listens; null while it has no available instance. */
  readonly address: Address | null;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * Finds the PostgreSQL server for an ARN; called each time, because clusters and secrets come and
 * go.
 */
export interface Clusters {
  resolve(resourceArn: string): Cluster | null;
  secret(secretArn: string): Login | null;
}
