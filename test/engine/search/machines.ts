/** Small machines for tests of the search. */
import {
  array,
  assertModel,
  bool,
  optionalRef,
  pool,
  record,
  uint,
  type Finding,
  type Machine,
  type Property,
  type View,
} from '../../../src/engine/machine/index.ts';
import type { Control } from '../../../src/engine/outcome.ts';

/** A clock that moves on one millisecond at each look: time passes, reproducibly. */
export function aControl(extra: Partial<Control> = {}): Control {
  let now = 0;
  return { now: () => ++now, ...extra };
}

const grid = (max: number) => record({ x: uint(max), y: uint(max) });
export type Grid = View<ReturnType<typeof grid>>;

const found = (message: string, where: Finding['where'] = {}): Finding => ({ message, where });

/** Holds everywhere unless `check` says otherwise. */
export const gridState = (
  id: string,
  check: (s: Grid) => boolean,
  applies: (s: Grid) => boolean = () => true,
  when = 'every-step',
): Property<Grid> => ({
  kind: 'state',
  id,
  says: 'A sentence.',
  why: 'A reason.',
  source: ['test'],
  when,
  applies,
  check: (s) => (check(s) ? null : found('broken', { x: s.x, y: s.y })),
  witness: { says: 'The far corner.', reached: (s) => s.x === 9 && s.y === 9 },
});

export const gridStep = (
  id: string,
  check: (before: Grid, after: Grid, args: readonly number[]) => boolean,
): Property<Grid> => ({
  kind: 'step',
  id,
  says: 'A sentence.',
  why: 'A reason.',
  source: ['test'],
  on: ['right'],
  applies: (before) => before.y > 0,
  check: (before, after, args) =>
    check(before, after, args) ? null : found('bad step', { from: before.x, to: after.x }),
  witness: { says: 'Somewhere.', reached: (s) => s.x > 0 },
});

/** A walk over a square grid from one corner: right by 1 or 2, or up. */
export function gridMachine(
  properties: readonly Property<Grid>[] = [],
  max = 9,
): Machine<Grid, ReturnType<typeof grid>['fields']> {
  return {
    name: 'grid',
    layout: grid(max),
    bind: (view) => view,
    initial: [() => undefined],
    transitions: [
      {
        name: 'up',
        actor: () => 'walker',
        parameters: [],
        says: 'One up.',
        step: (s) => {
          if (s.y === max) return false;
          s.y++;
          return true;
        },
      },
      {
        name: 'right',
        actor: () => 'walker',
        parameters: [{ name: 'by', size: 2, label: (by) => `by-${by + 1}` }],
        says: 'One or two to the right.',
        step: (s, by) => {
          if (s.x + by + 1 > max) return false;
          s.x += by + 1;
          return true;
        },
      },
    ],
    properties,
    moments: { 'at-the-top': (s) => s.y === max },
    symmetry: [],
  };
}

const brittle = record({ count: uint(9) });

/** Counts up; from 3 on, the step that would write 4 breaks an assumption. */
export const brittleMachine: Machine<View<typeof brittle>, (typeof brittle)['fields']> = {
  name: 'brittle',
  layout: brittle,
  bind: (view) => view,
  initial: [() => undefined],
  transitions: [
    {
      name: 'count',
      actor: () => 'counter',
      parameters: [],
      says: 'One more.',
      step: (s) => {
        assertModel(s.count < 3, 'the count stays below 4');
        s.count++;
        return true;
      },
    },
  ],
  properties: [],
  moments: {},
  symmetry: [],
};

const lockLayout = (size: number) => {
  const clients = pool('client', size);
  return {
    clients,
    layout: record({
      holder: optionalRef(clients),
      client: array(record({ waits: bool, uses: uint(2) }), clients),
    }),
  };
};
export type Lock = View<ReturnType<typeof lockLayout>['layout']>;

/** Interchangeable clients of a lock. The property breaks when two have used it twice. */
export function lockMachine(
  size: number,
): Machine<Lock, ReturnType<typeof lockLayout>['layout']['fields']> {
  const { clients, layout } = lockLayout(size);
  const parameters = [{ name: 'client', size }];
  const actor = (client = 0) => `client${client}`;
  return {
    name: 'lock',
    layout,
    bind: (view) => view,
    initial: [() => undefined],
    transitions: [
      {
        name: 'wait',
        actor,
        parameters,
        says: 'A client asks for the lock.',
        step: (s, c) => {
          const client = s.client.at(c);
          if (client.waits || client.uses === 2 || s.holder === c) return false;
          client.waits = true;
          return true;
        },
      },
      {
        name: 'lock',
        actor,
        parameters,
        says: 'A waiting client gets the lock.',
        step: (s, c) => {
          if (s.holder !== null || !s.client.at(c).waits) return false;
          s.holder = c;
          s.client.at(c).waits = false;
          s.client.at(c).uses++;
          return true;
        },
      },
      {
        name: 'unlock',
        actor,
        parameters,
        says: 'The holder gives the lock back.',
        step: (s, c) => {
          if (s.holder !== c) return false;
          s.holder = null;
          return true;
        },
      },
    ],
    properties: [
      {
        kind: 'state',
        id: 'one-greedy-client',
        says: 'At most one client uses the lock twice.',
        why: 'A property that breaks.',
        source: ['test'],
        when: 'every-step',
        applies: () => true,
        check: (s) => {
          const greedy: number[] = [];
          for (let c = 0; c < size; c++) if (s.client.at(c).uses === 2) greedy.push(c);
          const [first, second] = greedy;
          return first === undefined || second === undefined
            ? null
            : found('two greedy clients', { first, second });
        },
        witness: { says: 'Someone holds the lock.', reached: (s) => s.holder !== null },
      },
    ],
    moments: {},
    symmetry: [clients],
  };
}
