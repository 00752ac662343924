/** Settings that affect the text of some types, with the values that canonical text requires. */
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
 * Computes an expression under pinned settings, then restores them: the session belongs to the
 * application, whose later statements in the transaction must not see Portage's settings.
 * Sub-selects that cannot be merged (OFFSET 0) enforce the order; within one, CASE evaluates its
 * condition first.
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
