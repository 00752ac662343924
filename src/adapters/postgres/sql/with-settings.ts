/** Settings that show in the text of some types, with the values under which canonical text is written. */
const SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
} as const;

export type Setting = keyof typeof SETTINGS;

export const ALL_SETTINGS: readonly Setting[] = [
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'bytea_output',
  'extra_float_digits',
  'lc_monetary',
];

/**
 * An expression computed under pinned settings, which are put back afterwards: the session is the application's, and what it
 * computes next in its transaction must not see ours. Levels of a sub-select that cannot be merged give the order (OFFSET 0);
 * within one, CASE looks at its condition first.
 */
export function withSettings(settings: readonly Setting[], expression: string): string {
  if (settings.length === 0) return expression;
  const saved = settings.map((name, at) => `pg_catalog.current_setting('${name}') AS s${at}`);
  const set = settings.map((name) => setTo(name, `'${SETTINGS[name]}'`));
  const restored = settings.map((name, at) => setTo(name, `shown.s${at}`));
  return (
    `(SELECT CASE WHEN ${restored.join(' AND ')} THEN shown.v END` +
    ` FROM (SELECT saved.*, CASE WHEN ${set.join(' AND ')} THEN ${expression} END AS v` +
    ` FROM (SELECT ${saved.join(', ')} OFFSET 0) AS saved OFFSET 0) AS shown)`
  );
}

function setTo(name: Setting, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true) IS NOT NULL`;
}
