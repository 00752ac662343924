const LONGEST = 160;

/** The identity of an example row, cut: texts and bytes can have thousands of characters. */
export function brief(row: string): string {
  return row.length > LONGEST ? `${row.slice(0, LONGEST)}…` : row;
}
