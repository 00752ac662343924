/** A DynamoDB attribute value in the service's own JSON form: exact for numbers, free of any SDK. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly B: Uint8Array }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> };

/** One item of the application table, system attributes (`_v`, `_e`, `_t`, `_at`, `_d`) included. */
export type Item = Readonly<Record<string, AttributeValue>>;

export interface ItemKey {
  readonly PK: string;
  readonly SK: string;
}
