import { expect, test } from '@jest/globals';
import { OWN_STATEMENT } from '../../../src/domain/statements/left-out.ts';
import { sessionFindings } from '../../../src/domain/statements/served/findings.ts';

const asked = (text: string, calls: number) => ({ text, calls, rows: null });

test('statements that ask for the number that a session took last are counted, with the remedy', () => {
  const findings = sessionFindings([
    asked('SELECT lastval()', 5),
    asked('INSERT INTO lines (parent) VALUES (currval(pg_get_serial_sequence($1, $2)))', 90),
    asked('select pg_catalog.LASTVAL ( )', 2),
    asked(`SELECT 'it''s lastval()', "lastval()" FROM notes WHERE lastvalue = 1`, 1000),
    asked(`SELECT lastval() ${OWN_STATEMENT}`, 1000),
  ]);
  expect(findings).toEqual([
    {
      name: 'statement-lastval',
      severity: 'warns',
      entity: null,
      path: 'patterns',
      evidence: expect.stringMatching(
        /^3 statements with 97 calls ask currval\(\) and lastval\(\) for the number .*, most often INSERT INTO lines/,
      ),
      remedy: expect.stringContaining('RETURNING'),
    },
  ]);
});

test('where no statement asks for it, nothing is said', () => {
  expect(sessionFindings([asked('SELECT nextval($1)', 5)])).toEqual([]);
});
