import { paragraph, title, transcript, textSamplesOf } from '../../campaigns/generator/random-text.ts';
import { type Random, randomOf } from '../../campaigns/generator/random.ts';

export interface Size {
  readonly branches: number;
  readonly staff: number;
  readonly authors: number;
  readonly works: number;
  readonly members: number;
  readonly loans: number;
}

export function sizeOf(scale: number): Size {
  const at = (rows: number, least: number): number => Math.max(least, Math.round(rows * scale));
  return {
    branches: Math.min(60, at(12, 3)),
    staff: at(80, 6),
    authors: at(600, 8),
    works: at(2_000, 12),
    members: at(1_500, 10),
    loans: at(12_000, 30),
  };
}

export type Value = string | number | boolean | null;

/** A table's rows in the order in which foreign keys allow them. */
export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Value[]>;
}

const CITIES = ['Gdańsk', 'Porto', 'Bergen', '札幌', 'Würzburg'] as const;
const SHELVES = ['stacks', 'reading room', 'children', 'desk #1', '50 % shelf'] as const;
const ROLES = ['author', 'translator', 'illustrator', 'editor'] as const;
const LANGUAGES = ['en', 'pl', 'pt', 'ja', 'ar', 'no'] as const;

/** The data of a few libraries, the same for the same seed. */
export function tablesOf(seed: number, scale: number): readonly TableRows[] {
  const size = sizeOf(scale);
  const stream = (table: string, number: number): Random => randomOf(seed, `lending ${table} ${number}`);
  const member = (number: number): string => stream('member', number).uuid();
  const rows = (
    table: string,
    count: number,
    columns: readonly string[],
    row: (number: number, random: Random) => readonly Value[],
  ): TableRows => ({
    table,
    columns,
    rows: (function* () {
      for (let number = 1; number <= count; number += 1) yield row(number, stream(`${table} row`, number));
    })(),
  });
  const staffOf = (branch: number): number => ((branch - 1) % size.staff) + 1;
  const branchOf = (number: number): number => ((number - 1) % size.branches) + 1;
  return [
    rows('branches', size.branches, ['id', 'name', 'city', 'manager_id', 'opened_on', 'location'], (id, random) => {
      const city = CITIES[id % CITIES.length] ?? CITIES[0];
      return [id, `${city} ${id}`, city, staffOf(id), day(random, 1950, 2015), `(${random.between(-90, 90)},${id})`];
    }),
    rows('staff', size.staff, ['id', 'branch_id', 'name', 'mentor_id', 'weekly_hours'], (id, random) => {
      const hours = `${random.between(4, 40)}.${random.pick(['00', '25', '50'])}`;
      return [id, branchOf(id), name(random), id > 3 && random.chance(0.6) ? random.between(1, 3) : null, hours];
    }),
    rows('"Opening Hours"', size.branches * 6, ['"Branch Id"', '"Weekday"', '"From"', '"Until"'], (number) => {
      return [Math.ceil(number / 6), ((number - 1) % 6) + 1, '09:30:00', number % 6 === 0 ? '13:00:00' : '19:00:00'];
    }),
    rows('authors', size.authors, ['id', 'name', 'born_in', 'biography'], (id, random) => {
      const samples = textSamplesOf(random);
      const life = random.chance(0.05)
        ? transcript(random, samples, 'Life', random.between(2_500, 8_000))
        : paragraph(random, samples);
      return [
        id,
        name(random),
        random.chance(0.9) ? random.between(1830, 1995) : null,
        random.chance(0.3) ? null : life,
      ];
    }),
    rows(
      'works',
      size.works,
      ['id', 'title', 'language', 'published_in', 'sequel_to', 'subjects', 'summary'],
      (id, random) => {
        const samples = textSamplesOf(random);
        const sequel = id > 1 && random.chance(0.2) ? random.between(1, id - 1) : null;
        const subjects = `{${random.chance(0.2) ? '' : `"${random.pick(samples.words).replaceAll(/["\\]/g, '')}"`}}`;
        const summary = random.chance(0.2) ? null : random.chance(0.05) ? '' : paragraph(random, samples);
        return [
          id,
          title(random, samples).slice(0, 190),
          random.pick(LANGUAGES),
          random.chance(0.95) ? random.between(1850, 2024) : null,
          sequel,
          subjects,
          summary,
        ];
      },
    ),
    rows('work_authors', size.works, ['work_id', 'author_id', 'role', 'share'], (work, random) => {
      return [
        work,
        random.between(1, size.authors),
        random.pick(ROLES),
        random.chance(0.5) ? `0.${random.between(1, 9)}500` : null,
      ];
    }),
    copies(size, stream),
    rows(
      'members',
      size.members,
      ['id', 'email', 'name', 'branch_id', 'joined_at', 'preferences'],
      (number, random) => {
        const preferences = JSON.stringify({
          letters: random.chance(0.5),
          languages: [random.pick(LANGUAGES)],
          limit: random.between(1, 30),
        });
        return [
          member(number),
          `Reader.${number}@Libraries.example`,
          name(random),
          branchOf(number),
          instant(random, 2015, 2023),
          random.chance(0.1) ? '{}' : preferences,
        ];
      },
    ),
    rows(
      'loans',
      size.loans,
      ['id', 'lent_on', 'member_id', 'work_id', 'copy_number', 'due_on', 'returned_at', 'renewals'],
      (id, random) => {
        const work = random.between(1, size.works);
        const lent = lentOn(id, random);
        const returned = random.chance(0.8)
          ? `${lent} 17:${String(random.between(10, 59))}:00.${random.between(1, 999_999)}+00`
          : null;
        return [
          id,
          lent,
          member(random.between(1, size.members)),
          work,
          random.between(1, copiesOf(work)),
          lent.replace(/-\d\d$/, '-28'),
          returned,
          random.between(0, 3),
        ];
      },
    ),
    rows('fines', Math.floor(size.loans / 20), ['loan_id', 'lent_on', 'number', 'amount', 'paid'], (number, random) => {
      const loan = number * 20;
      const amount = `${random.between(0, 30)}.${random.pick(['00', '50', '75'])}`;
      return [loan, lentOn(loan, randomOf(seed, `lending loans row ${loan}`), true), 1, amount, random.chance(0.6)];
    }),
    ...['notices', 'notices_2023', 'lending_archive.notices_2022'].map((table, at) =>
      rows(table, Math.ceil(size.members / 3), ['id', 'member_id', 'sent_at', 'text'], (number, random) => {
        const text = random.chance(0.5) ? paragraph(random, textSamplesOf(random)) : 'Please bring it back.';
        return [number * 3 + at, member(random.between(1, size.members)), instant(random, 2024 - at, 2024 - at), text];
      }),
    ),
    rows('loan_rules', 2, ['language', 'days'], (number) => [LANGUAGES[number] ?? 'en', 14 * number]),
  ];
}

/** A fifth of the works is there three times. */
function copiesOf(work: number): number {
  return work % 5 === 0 ? 3 : 1;
}

function copies(size: Size, stream: (table: string, number: number) => Random): TableRows {
  return {
    table: 'copies',
    columns: ['work_id', 'number', 'branch_id', 'shelf', 'condition', 'price', 'acquired_on'],
    rows: (function* () {
      for (let work = 1; work <= size.works; work += 1) {
        const random = stream('copies row', work);
        for (let number = 1; number <= copiesOf(work); number += 1) {
          const price = random.chance(0.9) ? `${random.between(1, 80)}.${random.pick(['00', '90', '99'])}` : null;
          yield [
            work,
            number,
            random.between(1, size.branches),
            random.pick(SHELVES),
            random.pick(['new', 'good', 'worn']),
            price,
            day(random, 2000, 2022),
          ];
        }
      }
    })(),
  };
}

/** Loans of three years, so that every partition has some; the work was chosen first from the same stream. */
function lentOn(id: number, random: Random, skipWork = false): string {
  if (skipWork) random.next();
  const year = 2022 + (id % 4);
  return day(random, year, year);
}

function day(random: Random, from: number, to: number): string {
  const two = (low: number, high: number): string => String(random.between(low, high)).padStart(2, '0');
  return `${random.between(from, to)}-${two(1, 12)}-${two(1, 28)}`;
}

function instant(random: Random, from: number, to: number): string {
  return `${day(random, from, to)} 0${random.between(0, 9)}:30:00.${String(random.between(0, 999_999)).padStart(6, '0')}+00`;
}

function name(random: Random): string {
  return `${random.pick(textSamplesOf(random).names)} ${random.pick(textSamplesOf(random).names)}`;
}
