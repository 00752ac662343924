/** The known name that is closest to a mistyped one, or null where none is close. */
function nearest(name: string, known: Iterable<string>): string | null {
  return byEdits(name, known) ?? byBeginning(name.toLowerCase(), known);
}

/** The only known name that starts with the given one, or that the given one starts with. */
function byBeginning(name: string, known: Iterable<string>): string | null {
  if (name.length < 3) return null;
  const alike = [...known].filter((candidate) => {
    const other = candidate.toLowerCase();
    return other.startsWith(name) || (other.length >= 3 && name.startsWith(other));
  });
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

function byEdits(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** `Did you mean x?`, or the list of known names if none is close. */
export function didYouMean(name: string, known: Iterable<string>, what: string): string {
  const names = [...known];
  const near = nearest(name, names);
  if (near !== null) return `Did you mean ${near}?`;
  if (names.length === 0) return `There is no ${what} to name`;
  const shown = names.slice(0, 12).join(', ');
  return `Use a ${what} that exists: ${shown}${names.length > 12 ? ', …' : ''}`;
}

/** The Levenshtein distance, in which a swap of neighbouring characters counts once. */
function edits(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const cheapest = Math.min(
        (row[j] ?? limit) + 1,
        (next[j - 1] ?? limit) + 1,
        (row[j - 1] ?? limit) + (same ? 0 : 1),
      );
      next.push(swapped ? Math.min(cheapest, (before[j - 2] ?? limit) + 1) : cheapest);
    }
    [before, row] = [row, next];
  }
  return row[right.length] ?? limit;
}
