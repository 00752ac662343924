import { expect, test } from '@jest/globals';
import { placeholderOf, placeholdersIn, substitute } from '../../infra/definition.ts';

test('a placeholder is the handler file in PascalCase', () => {
  expect(placeholderOf('load-segment', 'function')).toBe('LoadSegmentArn');
  expect(placeholderOf('recover-data-loss', 'machine')).toBe('RecoverDataLossStateMachineArn');
});

test('each placeholder is found once', () => {
  expect(placeholdersIn('${AArn} ${BArn} ${AArn} {% $states.input %}')).toEqual(['AArn', 'BArn']);
});

test('a placeholder that nothing provides is an error that names the file and the placeholder', () => {
  expect(() => substitute('load', '"${LoadSegmntArn}"', new Map())).toThrow(
    /statemachines\/load\.asl\.json: \$\{LoadSegmntArn\}/,
  );
});
