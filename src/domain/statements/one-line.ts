/** A statement in one line of at most `length` characters, without comments, for people. */
export function oneLine(text: string, length: number): string {
  const line = text
    .replaceAll(/--[^\n]*(?:\n|$)|\/\*.*?\*\//gs, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
