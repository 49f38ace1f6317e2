/** Machines whose progress under weak fairness is known from the literature, or by hand. */
import {
  array,
  bool,
  oneOf,
  record,
  uint,
  type Machine,
  type ProgressProperty,
  type Transition,
  type View,
} from '../../../src/engine/machine/index.ts';

/** A progress property with the sentences left blank. */
export const progress = <S>(
  id: string,
  objects: number,
  pending: (s: S, object: number) => boolean,
): ProgressProperty<S> => ({
  kind: 'progress',
  id,
  says: 'A sentence.',
  why: 'A reason.',
  source: ['test'],
  objects: () => objects,
  pending,
  finding: (_, object) => ({ message: 'never ends', where: { object } }),
  witness: { says: 'It begins.', reached: (s) => pending(s, 0) },
});

const processes = record({
  at: array(oneOf('idle', 'wants', 'gives', 'waits', 'inside'), 2),
  flag: array(bool, 2),
  turn: uint(1),
});
export type Processes = View<typeof processes>;

/** Steps of a process by place: guard and effect, then the next place. */
const step = (
  name: string,
  from: View<(typeof processes)['fields']['at']['element']>,
  effect: (s: Processes, p: number) => typeof from | null,
  sure?: Transition<Processes>['sure'],
): Transition<Processes> => ({
  name,
  actor: (p = 0) => `process${p}`,
  parameters: [{ name: 'p', size: 2 }],
  says: 'A step.',
  step: (s, p) => {
    if (s.at.get(p) !== from) return false;
    const next = effect(s, p);
    if (next === null) return false;
    s.at.set(p, next);
    return true;
  },
  ...(sure === undefined ? {} : { sure }),
});

const entry = [
  progress<Processes>('who-wants-gets-in', 2, (s, p) =>
    ['wants', 'gives', 'waits'].includes(s.at.get(p)),
  ),
];

const common = {
  layout: processes,
  bind: (view: Processes) => view,
  initial: [() => undefined],
  properties: [],
  progress: entry,
  moments: {},
  symmetry: [],
};

/** Peterson's algorithm: free of starvation, if processes that can move do. */
export const peterson = (
  sure?: Transition<Processes>['sure'],
): Machine<Processes, (typeof processes)['fields']> => ({
  ...common,
  name: 'peterson',
  transitions: [
    // Nobody has to want to get in.
    step(
      'want',
      'idle',
      () => 'wants',
      () => false,
    ),
    step('raise', 'wants', (s, p) => (s.flag.set(p, true), 'gives'), sure),
    step('give', 'gives', (s, p) => ((s.turn = 1 - p), 'waits'), sure),
    step('enter', 'waits', (s, p) => (!s.flag.get(1 - p) || s.turn === p ? 'inside' : null), sure),
    step('leave', 'inside', (s, p) => (s.flag.set(p, false), 'idle'), sure),
  ],
});

/** One flag that is tested and set at once: whoever is unlucky waits for ever. */
export const testAndSet: Machine<Processes, (typeof processes)['fields']> = {
  ...common,
  name: 'test-and-set',
  transitions: [
    step(
      'want',
      'idle',
      () => 'waits',
      () => false,
    ),
    step('enter', 'waits', (s) => (s.turn === 0 ? ((s.turn = 1), 'inside') : null)),
    step('leave', 'inside', (s) => ((s.turn = 0), 'idle')),
  ],
};

const table = (size: number) =>
  record({
    eater: array(oneOf('hungry', 'has-first', 'eats'), size),
    fork: array(bool, size),
  });
export type Table = View<ReturnType<typeof table>>;

/**
 * Dining philosophers, all hungry, and hungry again after a meal. Each takes the left fork first;
 * with `odd`, the last one the right fork.
 */
export function philosophers(
  size: number,
  odd: boolean,
): Machine<Table, ReturnType<typeof table>['fields']> {
  const forks = (p: number): readonly [number, number] => {
    const left = p;
    const right = (p + 1) % size;
    return odd && p === size - 1 ? [right, left] : [left, right];
  };
  const act = (
    name: string,
    from: 'hungry' | 'has-first' | 'eats',
    to: typeof from,
    effect: (s: Table, own: readonly [number, number]) => boolean,
  ): Transition<Table> => ({
    name,
    actor: (p = 0) => `philosopher${p}`,
    parameters: [{ name: 'p', size }],
    says: 'A step.',
    step: (s, p) => {
      if (s.eater.get(p) !== from || !effect(s, forks(p))) return false;
      s.eater.set(p, to);
      return true;
    },
  });
  const take = (s: Table, fork: number): boolean => {
    if (s.fork.get(fork)) return false;
    s.fork.set(fork, true);
    return true;
  };
  const isSomeoneEating = (s: Table): boolean =>
    Array.from({ length: size }, (_, p) => s.eater.get(p)).includes('eats');
  return {
    name: 'philosophers',
    layout: table(size),
    bind: (view) => view,
    initial: [() => undefined],
    transitions: [
      act('take-first', 'hungry', 'has-first', (s, [first]) => take(s, first)),
      act('take-second', 'has-first', 'eats', (s, [, second]) => take(s, second)),
      act('put-down', 'eats', 'hungry', (s, [first, second]) => {
        s.fork.set(first, false);
        s.fork.set(second, false);
        return true;
      }),
    ],
    properties: [],
    progress: [
      progress<Table>('somebody-eats', 1, (s) => !isSomeoneEating(s)),
      progress<Table>('everybody-eats', size, (s, p) => s.eater.get(p) !== 'eats'),
    ],
    moments: {},
    symmetry: [],
  };
}

/** An arbitrary graph: who may go from where to where, and whether it is sure to. */
export interface Edge {
  readonly actor: number;
  readonly from: number;
  readonly to: number;
  readonly sure: boolean;
}

const place = (size: number) => record({ at: uint(size - 1) });
export type Place = View<ReturnType<typeof place>>;

export const graphMachine = (
  size: number,
  edges: readonly Edge[],
  pending: readonly boolean[],
): Machine<Place, ReturnType<typeof place>['fields']> => ({
  name: 'graph',
  layout: place(size),
  bind: (view) => view,
  initial: [() => undefined],
  transitions: [0, 1, 2].map((actor) => {
    const own = edges.filter((edge) => edge.actor === actor);
    return {
      name: `go${actor}`,
      actor: () => `walker${actor}`,
      parameters: [{ name: 'edge', size: own.length }],
      says: 'Along an edge.',
      sure: (_: Place, edge: number) => own[edge]?.sure ?? true,
      step: (s: Place, edge: number) => {
        if (s.at !== own[edge]?.from) return false;
        s.at = own[edge].to;
        return true;
      },
    };
  }),
  properties: [],
  progress: [progress<Place>('leaves', 1, (s) => pending[s.at] ?? false)],
  moments: {},
  symmetry: [],
});
