import { expect, test } from '@jest/globals';
import { lowerCase, parseTemplate } from '../../../../src/domain/mapping/keys/template.ts';

test('a template is literals and values between delimiters', () => {
  expect(parseTemplate('SESSION#{campaign_id}#{email|lower}#{campaign_id.owner_id}')).toEqual({
    ok: true,
    segments: [
      { kind: 'literal', text: 'SESSION' },
      { kind: 'value', path: 'campaign_id', lower: false },
      { kind: 'value', path: 'email', lower: true },
      { kind: 'value', path: 'campaign_id.owner_id', lower: false },
    ],
  });
});

test('a trailing delimiter shows as an empty last segment', () => {
  const parsed = parseTemplate('SESSION#');
  expect(parsed.ok && parsed.segments.at(-1)).toEqual({ kind: 'literal', text: '' });
});

test('columns with odd names are reachable', () => {
  const parsed = parseTemplate('{Order "Date"}#{a}b}');
  expect(parsed.ok && parsed.segments.map((segment) => (segment.kind === 'value' ? segment.path : ''))).toEqual([
    'Order "Date"',
    'a}b',
  ]);
});

test.each(['A-{id}', '{id', 'id}', '{}', '{id}x#B'])('%s is malformed', (text) => {
  expect(parseTemplate(text).ok).toBe(false);
});

test('lower case goes one code point at a time, whatever stands around it', () => {
  expect(lowerCase('ÄΣ ΟΔΟΣ İstanbul ẞ')).toBe('äσ οδοσ istanbul ß');
  expect(lowerCase('ANN@Example.ORG')).toBe('ann@example.org');
});
