/** A toy with everything a model has: two actors that take a lock, rightly or wrongly. */
import {
  array,
  oneOf,
  bool,
  pool,
  record,
  type Machine,
  type ProgressProperty,
  type Property,
  type RecordView,
} from '../../src/engine/machine/index.ts';

export interface LockRules {
  readonly acquire: 'test-and-set' | 'test-then-set';
  readonly release: 'owner' | 'anybody';
}

const actors = pool('actor', 2);
const fields = {
  held: bool,
  place: array(oneOf('outside', 'tested', 'inside'), actors),
};
type Fields = typeof fields;

export interface Lock {
  readonly view: RecordView<Fields>;
  readonly rules: LockRules;
}

const insiders = ({ view }: Lock): number =>
  [0, 1].filter((i) => view.place.get(i) === 'inside').length;

export const lockProperties: readonly Property<Lock>[] = [
  {
    id: 'one-inside-at-a-time',
    kind: 'state',
    says: 'At most one actor is inside.',
    why: 'Two actors inside would overwrite the work of each other.',
    source: ['lock_acquire()', 'lock_release()'],
    when: 'every-step',
    applies: (s) => insiders(s) > 0,
    check: (s) =>
      insiders(s) > 1 ? { message: 'two actors are inside', where: { inside: insiders(s) } } : null,
    witness: { says: 'One actor is inside.', reached: (s) => insiders(s) === 1 },
  },
  {
    id: 'entry-takes-the-lock',
    kind: 'step',
    says: 'The lock is held after an actor entered.',
    why: 'A lock that is not held keeps nobody out.',
    source: ['lock_acquire()'],
    on: ['lock_acquire', 'lock_acquire.set'],
    applies: (_, after, [a = 0]) => after.view.place.get(a) === 'inside',
    check: (_, after) =>
      after.view.held ? null : { message: 'the lock is free', where: { held: false } },
    witness: { says: 'The lock is held.', reached: (s) => s.view.held },
  },
];

/** The lock is freed in the end, but it may be taken past an actor for ever. */
export const lockProgress: readonly ProgressProperty<Lock>[] = [
  {
    id: 'lock-is-freed',
    kind: 'progress',
    says: 'A lock that is held is free again some time.',
    why: 'Nobody else could ever get in.',
    source: ['lock_release()'],
    objects: () => 1,
    pending: ({ view }) => view.held,
    finding: () => ({ message: 'the lock stays held', where: {} }),
    witness: { says: 'The lock is held.', reached: ({ view }) => view.held },
  },
  {
    id: 'everybody-gets-in',
    kind: 'progress',
    says: 'Who is outside is inside some time.',
    why: 'An actor would wait for ever.',
    source: ['lock_acquire()'],
    objects: () => 2,
    pending: ({ view }, a) => view.place.get(a) !== 'inside',
    finding: (_, a) => ({ message: 'an actor never gets in', where: { actor: a } }),
    witness: { says: 'An actor is outside.', reached: ({ view }) => !view.held },
  },
];

const actor = { name: 'actor', size: 2, label: (value: number) => `a${value}` };

export function lockMachine(
  rules: LockRules,
  properties: readonly Property<Lock>[] = lockProperties,
  progress: readonly ProgressProperty<Lock>[] = [],
): Machine<Lock, Fields> {
  return {
    name: 'lock',
    layout: record(fields),
    bind: (view) => ({ view, rules }),
    initial: [() => {}],
    moments: {},
    symmetry: [actors],
    properties,
    progress,
    transitions: [
      {
        name: 'lock_acquire',
        actor: (a = 0) => `actor${a}`,
        parameters: [actor],
        says: 'An actor tests the lock and, if it can, takes it in one step.',
        source: ['lock_acquire()'],
        step: ({ view, rules: { acquire } }, a) => {
          if (view.held || view.place.get(a) !== 'outside') return false;
          view.place.set(a, acquire === 'test-and-set' ? 'inside' : 'tested');
          view.held = acquire === 'test-and-set';
          return true;
        },
      },
      {
        name: 'lock_acquire.set',
        actor: (a = 0) => `actor${a}`,
        parameters: [actor],
        says: 'An actor takes the lock that it found free before.',
        step: ({ view }, a) => {
          if (view.place.get(a) !== 'tested') return false;
          view.place.set(a, 'inside');
          view.held = true;
          return true;
        },
      },
      {
        name: 'lock_release',
        actor: (a = 0) => `actor${a}`,
        parameters: [actor],
        says: 'An actor leaves and frees the lock.',
        step: ({ view, rules: { release } }, a) => {
          const isInside = view.place.get(a) === 'inside';
          if (!view.held || (release === 'owner' && !isInside)) return false;
          view.held = false;
          if (isInside) view.place.set(a, 'outside');
          return true;
        },
      },
    ],
  };
}
