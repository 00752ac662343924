/** A value that an application may write to a column. */
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
