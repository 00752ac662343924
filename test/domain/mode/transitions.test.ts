import { expect, test } from '@jest/globals';
import { MoveRefused } from '../../../src/domain/errors.ts';
import type { Mode, ModeState } from '../../../src/domain/mode/modes.ts';
import { nextState, type Target, wayBack } from '../../../src/domain/mode/transitions.ts';

const STAGES = [10, 50, 100];

function at(mode: Mode, readPercent = 0, stoppedFrom: Mode | null = null): ModeState {
  return { mode, readPercent, epoch: 7, generation: 3, stoppedFrom, mappingRevision: 0 };
}

const to = (mode: Mode, readPercent = 0): Target => ({ mode, readPercent });

test('the whole way goes over neighbours, and complete begins a generation', () => {
  const way = [
    to('capture'),
    to('load'),
    to('dual'),
    to('shadow'),
    ...STAGES.map((stage) => to('reads', stage)),
    to('drained'),
    to('complete'),
  ];
  let state = at('off');
  for (const target of way) {
    const next = nextState(state, target, STAGES);
    if (next === null) throw new Error(`no move to ${target.mode}`);
    state = { ...next, epoch: state.epoch + 1 };
  }
  expect(state).toEqual({
    mode: 'complete',
    readPercent: 100,
    epoch: 16,
    generation: 4,
    stoppedFrom: null,
    mappingRevision: 0,
  });
});

test('a move that was made before is none', () => {
  expect(nextState(at('reads', 50), to('reads', 50), STAGES)).toBeNull();
  expect(nextState(at('drained', 100), to('drained'), STAGES)).toBeNull();
});

test.each([
  [at('dual'), to('reads', 10)],
  [at('shadow'), to('reads', 50)],
  [at('reads', 10), to('reads', 100)],
  [at('reads', 50), to('drained')],
  [at('reads', 10), to('reads', 20)],
  [at('complete', 100), to('drained')],
  [at('complete', 100), to('stopped')],
  [at('stopped', 0, 'dual'), to('reads', 10)],
  [at('stopped', 0, 'load'), to('dual')],
])('RACE-48 no stage is skipped and complete is never left: %j to %j is refused', (from, target) => {
  expect(() => nextState(from, target, STAGES)).toThrow(MoveRefused);
});

test('stopped remembers where it came from and leads back there or before it', () => {
  expect(nextState(at('reads', 50), to('stopped'), STAGES)).toMatchObject({
    stoppedFrom: 'reads',
    mappingRevision: 0,
    readPercent: 0,
  });
  expect(nextState(at('stopped', 0, 'reads'), to('dual'), STAGES)).toMatchObject({
    mode: 'dual',
    stoppedFrom: null,
    mappingRevision: 0,
  });
  expect(nextState(at('stopped', 0, 'dual'), to('capture'), STAGES)).toMatchObject({ mode: 'capture' });
});

test.each<[ModeState, readonly string[]]>([
  [at('drained', 100), ['reads', 'shadow', 'dual']],
  [at('reads', 50), ['shadow', 'dual']],
  [at('shadow'), ['dual']],
  [at('load'), []],
  [at('complete', 100), []],
])('the way back from %j takes reads away with its first step that can', (from, modes) => {
  let state = from;
  for (const target of wayBack(from, STAGES)) {
    const next = nextState(state, target, STAGES);
    if (next === null) throw new Error('no move');
    state = { ...next, epoch: state.epoch + 1 };
  }
  expect(wayBack(from, STAGES).map(({ mode }) => mode)).toEqual(modes);
});
