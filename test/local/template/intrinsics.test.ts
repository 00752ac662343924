import { expect, test } from '@jest/globals';
import { resolve } from '../../../local/template/intrinsics.ts';

const references = {
  ref: (name: string) => (name === 'AWS::NoValue' ? undefined : `<${name}>`),
  attribute: (logicalId: string, attribute: string) => `<${logicalId}.${attribute}>`,
};

test.each([
  ['a reference', { Ref: 'Table' }, '<Table>'],
  [
    'an attribute, as a list or as text',
    [{ 'Fn::GetAtt': ['A', 'Arn'] }, { 'Fn::GetAtt': 'A.B.C' }],
    ['<A.Arn>', '<A.B.C>'],
  ],
  ['a join', { 'Fn::Join': ['/', ['a', { Ref: 'B' }, 3]] }, 'a/<B>/3'],
  ['a substitution', { 'Fn::Sub': 'x ${A} ${B.Arn} ${!C}' }, 'x <A> <B.Arn> ${C}'],
  ['a substitution with variables', { 'Fn::Sub': ['${x} ${A}', { x: { Ref: 'B' } }] }, '<B> <A>'],
  ['a selection of a split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  ['no value', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
])('resolves %s', (_, value, resolved) => {
  expect(resolve(value, references)).toEqual(resolved);
});

test.each([
  [{ 'Fn::If': ['A', 1, 2] }, 'Fn::If is an intrinsic function that the embedded stack does not know: ["A",1,2]'],
  [{ 'Fn::Join': ['/'] }, 'Fn::Join expects two arguments'],
  [{ 'Fn::Select': [4, ['a']] }, 'Fn::Select selects what is not there'],
])('refuses %j', (value, message) => {
  expect(() => resolve(value, references)).toThrow(message);
});
