import { expect, test } from '@jest/globals';
import { parseDefinition, placeholderOf, placeholdersIn, substitute } from '../../infra/definition.ts';

test('a placeholder is the handler file in PascalCase', () => {
  expect(placeholderOf('load-segment', 'function')).toBe('LoadSegmentArn');
  expect(placeholderOf('recover-data-loss', 'machine')).toBe('RecoverDataLossStateMachineArn');
});

test('each placeholder is found once', () => {
  expect(placeholdersIn('${AArn} ${BArn} ${AArn} {% $states.input %}')).toEqual(['AArn', 'BArn']);
});

test('a placeholder that nothing provides is an error that names the file and the placeholder', () => {
  expect(() => substitute('load', '"${LoadSegmntArn}"', new Map())).toThrow(
    /statemachines\/load\.asl\.yaml: \$\{LoadSegmntArn\}/,
  );
});

test('a definition becomes JSON with its aliases resolved and without the key of its anchors', () => {
  const yaml = `
StartAt: A
x-anchors:
  claim: &claim { run: '{% $run %}' }
States:
  A: { Type: Pass, Assign: { <<: *claim, n: 1 }, End: true }
`;
  expect(JSON.parse(parseDefinition('a.asl.yaml', yaml))).toEqual({
    StartAt: 'A',
    States: { A: { Type: 'Pass', Assign: { run: '{% $run %}', n: 1 }, End: true } },
  });
});

test('aliases refer to shared anchors too, and lines are counted in the file itself', () => {
  const shared = 'x-shared:\n  wait: &wait { Type: Wait, Seconds: 1 }\n';
  expect(JSON.parse(parseDefinition('a.asl.yaml', 'StartAt: A\nStates: { A: *wait }\n', shared))).toEqual({
    StartAt: 'A',
    States: { A: { Type: 'Wait', Seconds: 1 } },
  });
  expect(() => parseDefinition('a.asl.yaml', 'StartAt: A\nStates: *gone\n', shared)).toThrow('a.asl.yaml:2: no anchor');
});

test.each([
  ['a repeated key', 'States:\n  A: {}\n  A: {}\n', 'a.asl.yaml:3: this key is in the same map twice'],
  ['broken YAML', 'Comment: a\nStates: { A: [\n', 'a.asl.yaml:3: '],
  ['an unknown top-level key', 'StartAt: A\nState: {}\n', 'a.asl.yaml:2: the top-level key State is not in'],
  ['an alias without an anchor', 'StartAt: A\nStates: *gone\n', 'a.asl.yaml:2: no anchor &gone precedes *gone'],
  ['a list', '- A\n', 'a.asl.yaml:1: the file is not a map'],
])('%s is refused on one line with file and line', (_, yaml, message) => {
  const refused = (): string => parseDefinition('a.asl.yaml', yaml);
  expect(refused).toThrow(message);
  expect(refused).not.toThrow(/\n/);
});
