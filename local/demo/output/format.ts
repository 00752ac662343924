/** Numbers as people read them; the unit is the caller's. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
  return `${count(bytes / 1_048_576)} MiB`;
}
