/** The part of `src/client` that this application uses; values as applications know them. */
export type Values = Readonly<Record<string, unknown>>;

export type JournalOperation =
  | { readonly put: string; readonly row: Values }
  | { readonly update: string; readonly key: Values; readonly changes: Values }
  | { readonly delete: string; readonly key: Values };

export interface JournalClient {
  put(entity: string, row: Values): Promise<unknown>;
  update(entity: string, key: Values, changes: Values): Promise<unknown>;
  delete(entity: string, key: Values): Promise<unknown>;
  transact(operations: readonly JournalOperation[]): Promise<unknown>;
  get(entity: string, key: Values, options: { readonly caller: string }): Promise<Values | null>;
  query(pattern: string, args: Values, options: { readonly caller: string }): Promise<readonly Values[]>;
  batchGet(entity: string, keys: readonly Values[], options: { readonly caller: string }): Promise<readonly Values[]>;
}
