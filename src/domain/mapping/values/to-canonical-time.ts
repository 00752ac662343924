const DAY = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/;
const TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?|24:00:00(?:\.0{1,6})?)$/;
const INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?(?:(Z)|([+-])(0\d|1[0-5])(?::?([0-5]\d))?)?( BC)?$/;

/** The last year of PostgreSQL's type. */
const LAST_YEAR = { date: 5_874_897, instant: 294_276 } as const;

/** A date, or the UTC day of a Date, as canonical text; null for days that do not exist. */
export function dateText(value: unknown): string | null {
  if (value === 'infinity' || value === '-infinity') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : withEra(value, '');
  const match = typeof value === 'string' ? DAY.exec(value) : null;
  if (match === null) return null;
  const [text, year = '', month = '', day = '', era = ''] = match;
  return isDay(year, month, day, era, LAST_YEAR.date) ? text : null;
}

/** A time of day; PostgreSQL also accepts 24:00:00. */
export function timeText(value: unknown): string | null {
  return typeof value === 'string' && TIME.test(value) ? trimFraction(value) : null;
}

/**
 * A Date, or ISO text with microseconds. A timestamptz may have any offset and is converted to UTC;
 * a timestamp must have none, or UTC's, because any other would be dropped silently.
 */
export function instantText(value: unknown, zoned: boolean): string | null {
  if (value === 'infinity' || value === '-infinity') return value;
  if (value instanceof Date && Number.isNaN(value.getTime())) return null;
  // After the year 9999 and before year 0, toISOString uses another format.
  const text = value instanceof Date ? withEra(value, `T${value.toISOString().slice(-13)}`) : value;
  const match = typeof text === 'string' ? INSTANT.exec(text) : null;
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', fraction = ''] = match;
  const [utc = '', sign = '', hours = '00', minutes = '00', era = ''] = match.slice(8);
  if (!isDay(year, month, day, era, LAST_YEAR.instant)) return null;
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const rest = fraction === '' ? '' : trimFraction(`.${fraction}`);
  const zone = zoned ? '+00' : '';
  if (zoned ? utc === '' && sign === '' : offset !== 0) return null;
  if (offset === 0) return `${year}-${month}-${day} ${hour}:${minute}:${second}${rest}${zone}${era}`;
  const shifted = new Date(0);
  shifted.setUTCFullYear(era === '' ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  shifted.setUTCHours(Number(hour), Number(minute) - offset, Number(second));
  if (Number.isNaN(shifted.getTime())) return null;
  return withEra(shifted, ` ${shifted.toISOString().slice(-13, -5)}${rest}${zone}`);
}

/** `0044-03-15 BC`, with the time of day before the era. */
function withEra(date: Date, time: string): string {
  const year = date.getUTCFullYear();
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${shown}${date.toISOString().slice(-20, -14)}${time}${year > 0 ? '' : ' BC'}`;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Years have no redundant zeros and there is no year 0; PostgreSQL's dates begin on 24 November
 * 4714 BC.
 */
function isDay(year: string, month: string, day: string, era: string, last: number): boolean {
  const number = Number(year);
  if (number === 0 || (year.length > 4 && year.startsWith('0')) || number > last) return false;
  if (era !== '' && (number > 4714 || (number === 4714 && `${month}-${day}` < '11-24'))) return false;
  const counted = era === '' ? number : 1 - number;
  const leap = month === '02' && counted % 4 === 0 && (counted % 100 !== 0 || counted % 400 === 0);
  const days = (DAYS[Number(month) - 1] ?? 0) + (leap ? 1 : 0);
  return day !== '00' && Number(day) <= days;
}
/** `12:00:00.500000` to `12:00:00.5`, `12:00:00.000000` to `12:00:00`. */
export function trimFraction(text: string): string {
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text;
}
