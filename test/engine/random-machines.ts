/** Small machines with known shortest counterexamples, for tests of random exploration. */
import {
  array,
  assertModel,
  bool,
  oneOf,
  pool,
  record,
  uint,
  type Fields,
  type Finding,
  type Machine,
  type Property,
  type StateProperty,
  type Transition,
  type View,
} from '../../src/engine/machine/index.ts';

/** A transition with defaults; `step` stands for itself. */
export const aTransition = <S>(
  name: string,
  sizes: Readonly<Record<string, number>>,
  step: Transition<S>['step'],
): Transition<S> => ({
  name,
  actor: () => 'someone',
  parameters: Object.entries(sizes).map(([parameter, size]) => ({ name: parameter, size })),
  says: `Does ${name}.`,
  step,
});

/** A state property with defaults: at every step, applying always, witnessed at once. */
export const aProperty = <S>(
  id: string,
  holds: (s: S) => boolean,
  changes: Partial<StateProperty<S>> = {},
): Property<S> => ({
  id,
  says: `It is so that ${id}.`,
  why: 'For the test.',
  source: [],
  kind: 'state',
  when: 'every-step',
  applies: () => true,
  check: (s): Finding | null => (holds(s) ? null : { message: `not ${id}`, where: {} }),
  witness: { says: 'any state', reached: () => true },
  ...changes,
});

const aMachine = <S, F extends Fields>(
  parts: Pick<Machine<S, F>, 'layout' | 'transitions' | 'properties' | 'bind'> &
    Partial<Machine<S, F>>,
): Machine<S, F> => ({ name: 'test', initial: [() => {}], moments: {}, symmetry: [], ...parts });

const counterLayout = record({ value: uint(63), lamp: bool });
export type Counter = View<typeof counterLayout>;

/**
 * Counts up by 1..4 in one step, from 0 or from 2. The limit 12 is reached in three steps from
 * either: 4 + 4 + 4, and 4 + 4 + 2 with smaller arguments from 2.
 */
export const counter = aMachine({
  layout: counterLayout,
  bind: (s: Counter) => s,
  initial: [() => {}, (s) => void (s.value = 2)],
  transitions: [
    aTransition<Counter>('add', { by: 4 }, (s, by) => {
      if (s.value > 40) return false;
      s.value += by + 1;
      return true;
    }),
    aTransition<Counter>('subtract', {}, (s) => {
      if (s.value === 0) return false;
      s.value--;
      return true;
    }),
    aTransition<Counter>('lamp.toggle', {}, (s) => {
      s.lamp = !s.lamp;
      return true;
    }),
  ],
  properties: [
    aProperty<Counter>('value-is-below-12', (s) => s.value < 12, {
      witness: { says: 'the value is 11', reached: (s) => s.value === 11 },
    }),
    aProperty<Counter>('never-asked', () => true, { applies: (s) => s.value === 63 }),
  ],
});

const threadPool = pool('thread', 2);
const updateLayout = record({
  thread: array(record({ step: oneOf('idle', 'loaded'), loaded: uint(7) }), threadPool),
  shared: uint(7),
  updates: uint(7),
});
type Update = View<typeof updateLayout>;

/** Two threads increment without a lock. Load, load, store, store loses an update. */
export const lostUpdate = aMachine({
  layout: updateLayout,
  bind: (s: Update) => s,
  symmetry: [threadPool],
  transitions: [
    aTransition<Update>('load', { thread: 2 }, (s, index) => {
      const thread = s.thread.at(index);
      if (thread.step !== 'idle' || s.updates === 7) return false;
      thread.step = 'loaded';
      thread.loaded = s.shared;
      return true;
    }),
    aTransition<Update>('store', { thread: 2 }, (s, index) => {
      const thread = s.thread.at(index);
      if (thread.step !== 'loaded' || s.updates === 7) return false;
      s.shared = thread.loaded + 1;
      s.updates++;
      thread.step = 'idle';
      thread.loaded = 0;
      return true;
    }),
  ],
  properties: [
    aProperty<Update>('no-update-is-lost', (s) => s.shared === s.updates),
    {
      ...aProperty<Update>('a-store-adds-one', () => true),
      kind: 'step',
      on: ['store'],
      applies: () => true,
      check: (before, after) =>
        after.shared === before.shared + 1
          ? null
          : { message: 'stored an old value', where: { shared: after.shared } },
    },
  ],
});

/** The same machine with a lock: nothing is lost. */
export const lockedUpdate: typeof lostUpdate = {
  ...lostUpdate,
  transitions: lostUpdate.transitions.map((transition) =>
    transition.name === 'load'
      ? {
          ...transition,
          step: (s, ...args) =>
            s.thread.at(1 - args[0]).step === 'idle' && transition.step(s, ...args),
        }
      : transition,
  ),
};

const lockLayout = record({ right: uint(7), turns: uint(63) });
type Lock = View<typeof lockLayout>;
export const COMBINATION = [2, 0, 3, 1, 1, 3] as const;

/** Opens after six right digits in a row: a rare violation, of which no step can go. */
export const combinationLock = aMachine({
  layout: lockLayout,
  bind: (s: Lock) => s,
  transitions: [
    aTransition<Lock>('press', { digit: 4 }, (s, digit) => {
      s.right = digit === COMBINATION[s.right] ? s.right + 1 : 0;
      return s.right <= COMBINATION.length;
    }),
    aTransition<Lock>('turn', {}, (s) => {
      if (s.turns === 63) return false;
      s.turns++;
      return true;
    }),
  ],
  properties: [aProperty<Lock>('stays-shut', (s) => s.right < COMBINATION.length)],
});

const detourLayout = record({ far: uint(7), near: oneOf('none', 'first', 'second') });
type Detour = View<typeof detourLayout>;

/** Bad after six steps of one kind, and also after two of another. */
export const detour = aMachine({
  layout: detourLayout,
  bind: (s: Detour) => s,
  transitions: [
    aTransition<Detour>('far', {}, (s) => {
      if (s.far === 7) return false;
      s.far++;
      return true;
    }),
    aTransition<Detour>('near.first', {}, (s) => {
      if (s.near !== 'none') return false;
      s.near = 'first';
      return true;
    }),
    aTransition<Detour>('near.second', {}, (s) => {
      if (s.near !== 'first') return false;
      s.near = 'second';
      return true;
    }),
  ],
  properties: [aProperty<Detour>('is-good', (s) => s.far < 6 && s.near !== 'second')],
});

/** A model that is wrong: it assumes that the value never reaches 9. */
export const brokenCounter: typeof counter = {
  ...counter,
  initial: [() => {}],
  transitions: counter.transitions.map((transition) => ({
    ...transition,
    step: (s, ...args) => {
      const done = transition.step(s, ...args);
      assertModel(s.value < 9, 'the value stays below 9');
      return done;
    },
  })),
};
