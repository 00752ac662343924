const LONE_SURROGATE = /\p{Surrogate}/u;

/** True if both stores can hold the text: PostgreSQL allows no U+0000, UTF-8 no lone surrogate. */
export function isValidText(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}

/** Pads a text with blanks to n characters, counted as PostgreSQL counts them. */
export function padTo(text: string, length: number | null): string {
  return length === null ? text : text + ' '.repeat(Math.max(0, length - codePoints(text)));
}

/** Number of characters as PostgreSQL counts them. */
export function codePoints(text: string): number {
  let points = 0;
  for (const _ of text) points += 1;
  return points;
}
