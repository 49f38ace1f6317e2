/** Transitions that are tried only where their actor is. */
import { describe, expect, it } from 'vitest';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import {
  array,
  oneOf,
  record,
  uint,
  type Machine,
  type View,
} from '../../src/engine/machine/index.ts';
import { placeIn, placesOf } from '../../src/engine/places.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { explore } from '../../src/engine/random.ts';
import { shapeOf } from '../../src/engine/state/shape.ts';
import { aControl } from './search/machines.ts';

const layout = record({
  turns: uint(2000),
  walker: array(record({ far: uint(1_000_000), spot: oneOf('home', 'road', 'town') }), 3),
});
type Fields = (typeof layout)['fields'];
type State = View<typeof layout>;

/** Three walkers who go out and come back; `tried` counts how often they were asked to. */
const journey = (place: boolean, wrong = false) => {
  const tried = { leave: 0 };
  const from =
    (spot: string, to: 'home' | 'road' | 'town') => (s: State, w: number, by: number) => {
      if (spot === 'home') tried.leave += 1;
      const walker = s.walker.at(w);
      if (walker.spot !== spot || s.turns + by >= 12) return false;
      walker.spot = to;
      s.turns += 1 + by;
      return true;
    };
  const transition = (name: string, spot: string, step: ReturnType<typeof from>) => ({
    name,
    actor: (w = 0) => `walker${w}`,
    parameters: [
      { name: 'w', size: 3 },
      { name: 'by', size: 2 },
    ],
    says: 'Goes.',
    step,
    ...(place ? { at: [spot] } : {}),
  });
  const machine: Machine<State, Fields> = {
    name: 'journey',
    layout,
    bind: (view) => view,
    initial: [() => undefined],
    transitions: [
      transition('leave', 'home', from('home', 'road')),
      transition('arrive', 'road', from('road', 'town')),
      transition('return', wrong ? 'road' : 'town', from('town', 'home')),
    ],
    properties: [],
    moments: {},
    ...(place ? { place: 'walker.spot' } : {}),
    symmetry: [],
  };
  return { machine, tried };
};

const countsOf = async (machine: Machine<State, Fields>, checked = false) => {
  const { statistics } = await checkExhaustively(machine, { checked }, aControl());
  const { states, transitions, depth, coverage } = statistics;
  return { states, transitions, depth, taken: coverage.map(({ taken }) => taken) };
};

describe('places', () => {
  it('change nothing of the search but how often a step is tried', async () => {
    const everywhere = journey(false);
    const placed = journey(true);
    const counts = await countsOf(everywhere.machine);
    expect(await countsOf(placed.machine)).toEqual(counts);
    expect(placed.tried.leave).toBeLessThan(everywhere.tried.leave / 2);
    expect(await countsOf(placed.machine, true)).toEqual(counts);
  });

  it('spare a random walk the steps of those who are elsewhere', async () => {
    const options = { seed: 5n, maxSamples: 40, maxSteps: 12 };
    const walk = async (place: boolean) => {
      const { machine, tried } = journey(place);
      const { statistics } = await explore(machine, options, aControl());
      const taken = statistics.coverage.map((step) => step.taken);
      expect(Math.min(...taken)).toBeGreaterThan(0);
      return tried.leave / (taken[0] ?? 0);
    };
    expect(await walk(true)).toBeLessThan((await walk(false)) / 2);
  });

  it('are wrong when a step is enabled elsewhere: checked mode says so', async () => {
    const { machine } = journey(true, true);
    await expect(countsOf(machine, true)).rejects.toThrow('return is enabled at road alone');
    const program = compileMachine(machine, { checked: true });
    program.initialise(0);
    const ids = program.instances.map(({ id }) => id);
    const go = () => ids.find((id) => program.execute(id));
    expect(() => Array.from({ length: 9 }, go)).toThrow('return is enabled at road alone');
  });

  it('are read off the vector', () => {
    const { machine } = journey(true);
    const program = compileMachine(machine);
    program.initialise(0);
    program.current.walker.at(1).spot = 'town';
    program.current.walker.at(2).spot = 'road';
    const places = placesOf(machine, shapeOf(layout));
    expect([0, 1, 2].map((w) => placeIn(places, program.currentWords, w))).toEqual([0, 2, 1]);
  });

  it('must be those of a one-of in the records of an array', () => {
    const { machine } = journey(true);
    for (const place of ['turns', 'walker', 'walker.far', 'nobody.spot', 'walker.spot.more']) {
      const located = () => placesOf({ ...machine, place }, shapeOf(layout));
      expect(located).toThrow(`layout: ${place} is no one-of`);
    }
    const [first, ...rest] = machine.transitions;
    const lost = [...(first === undefined ? [] : [{ ...first, at: ['moon'] }]), ...rest];
    expect(() => placesOf({ ...machine, transitions: lost }, shapeOf(layout))).toThrow(
      'leave: no place moon',
    );
  });
});
