/** DynamoDB's own deletion of items whose time has come. */
export interface ExpirySwitch {
  /** Switches it on for an attribute; done already is done. */
  enable(attribute: string): Promise<void>;
}
