/** A span of time as PostgreSQL adds it: months, then days, then the rest. */
export interface Duration {
  readonly months: number;
  readonly days: number;
  readonly milliseconds: number;
}

const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;

/** Parses an ISO 8601 duration such as P7D or PT12H; throws RangeError where the text is none. */
export function parseDuration(text: string): Duration {
  const match = ISO.exec(text);
  if (match === null) throw new RangeError(`${text} is not an ISO 8601 duration`);
  const amounts = match.slice(1).map((part: string | undefined) => Number(part?.replace(',', '.') ?? 0));
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = amounts;
  return {
    months: years * 12 + months,
    days: weeks * 7 + days,
    milliseconds: Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000),
  };
}

/** The duration as ISO 8601; no part may be negative. */
export function formatDuration({ months, days, milliseconds }: Duration): string {
  const time = unitsText([
    [Math.floor(milliseconds / 3_600_000), 'H'],
    [Math.floor(milliseconds / 60_000) % 60, 'M'],
    [(milliseconds % 60_000) / 1000, 'S'],
  ]);
  const date = unitsText([
    [Math.floor(months / 12), 'Y'],
    [months % 12, 'M'],
    [days, 'D'],
  ]);
  return date === '' && time === '' ? 'P0D' : `P${date}${time === '' ? '' : `T${time}`}`;
}

function unitsText(units: readonly (readonly [number, string])[]): string {
  return units.flatMap(([amount, unit]) => (amount === 0 ? [] : [`${amount}${unit}`])).join('');
}

/**
 * The instant that lies a duration later, as PostgreSQL computes it in the time zone UTC: a day that the month lacks
 * becomes its last.
 */
export function addDuration(from: Date, { months, days, milliseconds }: Duration): Date {
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay) + days;
  const timeOfDay = from.getTime() - Date.UTC(year, from.getUTCMonth(), from.getUTCDate());
  return new Date(Date.UTC(year, month, day) + timeOfDay + milliseconds);
}
