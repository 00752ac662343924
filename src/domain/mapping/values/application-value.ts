/** What an application may give for a column. */
export type ApplicationValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly ApplicationValue[]
  | { readonly [name: string]: ApplicationValue };
