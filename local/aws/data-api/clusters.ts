export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What the Data API must know of a cluster to serve a call. */
export interface Cluster {
  readonly httpEndpointEnabled: boolean;
  /** Where its PostgreSQL listens; null while it has no available instance. */
  readonly address: Address | null;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Which PostgreSQL stands behind an ARN; asked on every call, so clusters and secrets may come and go. */
export interface Clusters {
  resolve(resourceArn: string): Cluster | null;
  secret(secretArn: string): Login | null;
}
