import { choose, simple, type Spell } from './spell.ts';

/** Changes of values that fire no row trigger: the rows are carried again. */
export const rewriting = {
  'rewrite values': (model, pick) => {
    const [table, column, type, value] = choose(
      [
        ['places', 'kind', 'text', `coalesce(kind, '') || '!'`],
        ['places', 'size', 'numeric(10,2)', 'size + 1'],
        ['places', 'seen', 'timestamptz', `seen + interval '1 day'`],
        ['visits', 'note', 'varchar(200)', `note || ''`],
        ['events', 'note', 'text', `note || ''`],
        ['stations', 'note', 'text', `coalesce(note, '') || '!'`],
      ] as const,
      pick,
    ) ?? ['places', 'kind', 'text', 'kind'];
    return model.isBroken(table, [column])
      ? null
      : simple(`ALTER TABLE ${table} ALTER ${column} TYPE ${type} USING ${value}`);
  },
  'rename label': (model) => {
    const name = model.name('mood');
    return simple(`ALTER TYPE mood RENAME VALUE '${model.label}' TO '${name}'`, () => void (model.label = name));
  },
  'add label': (model) => simple(`ALTER TYPE mood ADD VALUE '${model.name('mood')}' BEFORE 'wild'`),
  'set statistics': (_, pick) => simple(`ALTER TABLE places ALTER kind SET STATISTICS ${pick % 1_000}`),
} satisfies Readonly<Record<string, Spell>>;
