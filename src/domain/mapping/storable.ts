const LONE_SURROGATE = /\p{Surrogate}/u;

/** PostgreSQL's text holds no U+0000, UTF-8 no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}
