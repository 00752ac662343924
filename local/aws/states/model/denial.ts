/** Null where a role may do this, else the sentence that refuses it. */
export type Denial = (roleArn: string, action: string, resource: string) => string | null;
