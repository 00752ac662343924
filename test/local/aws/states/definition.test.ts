import { expect, test } from '@jest/globals';
import { readDefinition } from '../../../../local/aws/states/definition/definition.ts';

function findings(states: object, more: object = {}): string[] {
  const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: states, ...more };
  return readDefinition(JSON.stringify(definition)).findings.map(({ message, location }) => `${location}: ${message}`);
}

const done = { Type: 'Succeed' };
const invoke = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f' },
  End: true,
};

test.each([
  ['JSONPath machines', { A: done }, { QueryLanguage: 'JSONPath' }, /^\/QueryLanguage: .*JSONPath is not supported/],
  ['JSONPath fields', { A: { ...invoke, ResultPath: '$.x' } }, {}, /^\/States\/A\/ResultPath: .*JSONPath/],
  ['unknown fields', { A: { ...invoke, Retries: [] } }, {}, /^\/States\/A\/Retries: Field 'Retries' is not supported/],
  ['unknown state types', { A: { Type: 'Jump' } }, {}, /^\/States\/A\/Type: Unknown state type "Jump"/],
  ['a missing start', { B: done }, { StartAt: 'A' }, /^\/StartAt: Missing 'StartAt' target: A/],
  ['a missing target', { A: { Type: 'Pass', Next: 'B' } }, {}, /^\/States\/A\/Next: Missing 'Next' target: B/],
  ['a state without an end', { A: { Type: 'Pass' } }, {}, /^\/States\/A: Exactly one of 'Next' and 'End'/],
  ['unreachable states', { A: done, B: done }, {}, /^\/States\/B: State 'B' is not reachable/],
  [
    'SDK integrations',
    { A: { ...invoke, Resource: 'arn:aws:states:::aws-sdk:rds:deleteDBCluster' } },
    {},
    /^\/States\/A\/Resource: Resource 'arn:aws:states:::aws-sdk:rds:deleteDBCluster' is not supported/,
  ],
  [
    'activities',
    { A: { ...invoke, Resource: 'arn:aws:states:us-east-1:000000000000:activity:x' } },
    {},
    /^\/States\/A\/Resource: .*not supported/,
  ],
  ['a task without its function', { A: { ...invoke, Arguments: {} } }, {}, /^\/States\/A\/Arguments\/FunctionName/],
  [
    'unknown arguments',
    { A: { ...invoke, Arguments: { FunctionName: 'f', Body: 1 } } },
    {},
    /^\/States\/A\/Arguments\/Body/,
  ],
  [
    'States.ALL in company',
    { A: { ...invoke, Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] } },
    {},
    /^\/States\/A\/Retry\[0\]\/ErrorEquals: States.ALL must stand alone/,
  ],
  [
    'States.ALL before others',
    { A: { ...invoke, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] } },
    {},
    /^\/States\/A\/Retry\[0\]\/ErrorEquals: States.ALL must be the last/,
  ],
  [
    'a heartbeat longer than the timeout',
    { A: { ...invoke, TimeoutSeconds: 5, HeartbeatSeconds: 5 } },
    {},
    /^\/States\/A\/HeartbeatSeconds/,
  ],
  [
    'a wait of two kinds',
    { A: { Type: 'Wait', Seconds: 1, Timestamp: 'x', End: true } },
    {},
    /^\/States\/A: Exactly one/,
  ],
  ['a number out of bounds', { A: { ...invoke, TimeoutSeconds: 0 } }, {}, /^\/States\/A\/TimeoutSeconds: /],
  [
    'broken expressions',
    { A: { Type: 'Succeed', Output: { x: '{% 1 + %}' } } },
    {},
    /^\/States\/A\/Output\/x: Invalid JSONata/,
  ],
  ['half expressions', { A: { Type: 'Succeed', Output: '{% 1' } }, {}, /^\/States\/A\/Output: '{%' and '%}' must be/],
  [
    '$eval',
    { A: { Type: 'Succeed', Output: "{% $eval('1') %}" } },
    {},
    /^\/States\/A\/Output: \$eval is not supported/,
  ],
  ['$$', { A: { Type: 'Succeed', Output: '{% $$.x %}' } }, {}, /^\/States\/A\/Output: \$\$ is not supported/],
  ['a top-level $', { A: { Type: 'Succeed', Output: '{% $.x %}' } }, {}, /^\/States\/A\/Output: A top-level \$/],
  [
    'the reserved variable',
    { A: { Type: 'Pass', Assign: { states: 1 }, End: true } },
    {},
    /Assign\/states: 'states' is reserved/,
  ],
  ['fields of Succeed that it has not', { A: { ...done, Assign: { x: 1 } } }, {}, /^\/States\/A\/Assign: /],
] as const)('%s are refused by field and state', (_, states, more, expected) => {
  expect(findings(states, more)).toEqual([expect.stringMatching(expected)]);
});

const map = (more: object, config: object = {}) => ({
  A: {
    Type: 'Map',
    ItemProcessor: {
      ProcessorConfig: config,
      StartAt: 'I',
      States: { I: { Type: 'Pass', Assign: { x: 1 }, End: true } },
    },
    End: true,
    ...more,
  },
});

test('Maps are refused for what this engine does not have, and inside them states are named by their path', () => {
  const distributed = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  expect(findings(map({}, distributed))).toEqual([]);
  expect(findings(map({ ItemReader: {} }, distributed))).toEqual([
    "/States/A/ItemReader: Field 'ItemReader' is not supported",
  ]);
  expect(findings(map({ ToleratedFailureCount: 1 }))[0]).toMatch(/ToleratedFailureCount' needs Mode DISTRIBUTED/);
  expect(findings(map({}, { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }))[0]).toMatch(/EXPRESS is not supported/);
  expect(findings(map({ Assign: { x: 2 } }))[0]).toMatch(
    /^\/States\/A\/ItemProcessor\/States\/I\/Assign\/x: .*outer scope/,
  );
});

test('A state name stands once in the whole machine', () => {
  const branch = { StartAt: 'B', States: { B: done } };
  const found = findings({ A: { Type: 'Parallel', Branches: [branch, branch], End: true } });
  expect(found).toEqual(["/States/A/Branches[1]/States/B: State name 'B' is used twice"]);
});

test('A context variable below a path, a predicate or a function body is no top-level one', () => {
  const output = ['{% [1,2][$ > 1] %}', '{% $states.input.($.x) %}', '{% $map([1], function($v) { $v }) %}'];
  expect(findings({ A: { Type: 'Succeed', Output: output } })).toEqual([]);
});
