import { expect, test } from '@jest/globals';
import { lineOf } from '../../local/iam/grant-use.ts';
import type { Grant } from '../../local/iam/unused-grants.ts';
import { reportOf } from './grant-report.ts';

function grant(grantee: string, action: string): Grant {
  return { grantee, action, statement: action, resources: ['arn:x'] };
}

const GRANTS = [grant('relay', 'dynamodb:PutItem'), grant('relay', 'xray:PutTraceSegments')];
const TRACES = { grantee: /./, actions: /^xray:/, because: 'Lambda itself sends traces' };

test('a grant is used, has a reason, or is a fault that names who may do what', () => {
  const used = new Set([lineOf(grant('relay', 'dynamodb:PutItem'))]);
  expect(reportOf(GRANTS, used, [TRACES])).toEqual({
    lines: ['grants: 2 in the template, 1 used, 1 unused with a reason, 0 without'],
    faults: [],
  });
  expect(reportOf(GRANTS, new Set(), [TRACES]).faults).toEqual([
    'relay may dynamodb:PutItem on arn:x, and no test used it: take it away, test it, or give the reason in test/grants/reasons.ts',
  ]);
});

test('a reason that explains nothing is told, and is no fault', () => {
  const { lines, faults } = reportOf(GRANTS, new Set(GRANTS.map(lineOf)), [TRACES]);
  expect(lines.at(-1)).toBe('test/grants/reasons.ts: /./ /^xray:/ explains nothing this time');
  expect(faults).toEqual([]);
});
