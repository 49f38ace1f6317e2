import { describe, expect, it } from 'vitest';
import { itfText, typeText } from '../../src/export/itf.ts';
import {
  array,
  bitset,
  bool,
  oneOf,
  optionalRef,
  pool,
  record,
  uint,
} from '../../src/engine/machine/index.ts';
import { itfReader, itfStates } from './readers.ts';
import { endlessRun, hostileRun, runEnding, toyRun } from './runs.ts';

const sharedDirectory = () => runEnding('shared-directory--inherited-permission');

/** A snapshot with -1 for what is absent. */
const withoutNull = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => item ?? -1));

describe('typeText', () => {
  it('has a type for each kind of layout', () => {
    const layout = record({
      flag: bool,
      word: oneOf('a', 'b'),
      page: optionalRef(pool('sp', 3)),
      set: bitset(4),
      list: array(record({ n: uint(7) }), 2),
    });
    expect(typeText(layout)).toBe(
      '{ flag: Bool, word: Str, page: Int, set: Set(Int), list: Seq({ n: Int }) }',
    );
  });
});

describe('itfText', () => {
  it('has the state after each step, part by part', () => {
    const run = sharedDirectory();
    const states = itfStates(itfText(run));
    states.forEach((state, i) => {
      const { 'mbt::actionTaken': _action, 'mbt::nondetPicks': _picks, ...values } = state;
      expect(values).toEqual(withoutNull(run.states[i]));
    });
  });

  it('has who did what, in the form of Quint', () => {
    const states = JSON.parse(itfText(sharedDirectory())) as {
      states: Readonly<Record<string, unknown>>[];
    };
    expect(states.states[0]?.['mbt::actionTaken']).toBe('init');
    expect(states.states[5]).toMatchObject({
      'mbt::actionTaken': 'guestAccess',
      'mbt::nondetPicks': {
        actor: { tag: 'Some', value: 'vcpu0' },
        v: { tag: 'Some', value: { '#bigint': '0' } },
        va: { tag: 'Some', value: '0x0' },
        kind: { tag: 'Some', value: 'ur' },
      },
    });
    expect(states.states[6]).toMatchObject({ 'mbt::nondetPicks': { va: { tag: 'None' } } });
  });

  it('says where a run that never ends begins to repeat', () => {
    expect(JSON.parse(itfText(endlessRun()))).toMatchObject({ loop: 2 });
    expect(JSON.parse(itfText(toyRun()))).not.toHaveProperty('loop');
    expect(itfStates(itfText(endlessRun()))).toHaveLength(5);
  });

  it('works for any machine, with any text', () => {
    expect(itfStates(itfText(toyRun()))).toHaveLength(5);
    expect(itfStates(itfText(hostileRun(toyRun())))).toHaveLength(5);
  });
});

describe('the reader that judges it', () => {
  it('refuses what Apalache would', () => {
    expect(itfReader('Seq(Set(Int))')([{ '#set': [{ '#bigint': '-1' }] }])).toEqual([[-1]]);
    expect(() => itfReader('Int')(1)).toThrow('1 is not');
    expect(() => itfReader('Int')({ '#bigint': '1', more: 1 })).toThrow('is not {');
    expect(() => itfReader('{ a: Int }')({})).toThrow('has not the fields');
    expect(() => itfReader('{ a: Bool }')({ a: true, b: true })).toThrow('has not the fields');
    expect(() => itfReader('Str')('x_OF_Y')).toThrow('is no string');
    expect(() => itfReader('Set(Int)')([])).toThrow('[] is not');
    expect(() =>
      itfStates('{"#meta":{"format":"ITF","varTypes":{}},"vars":["a"],"states":[]}'),
    ).toThrow('Too small');
  });
});
