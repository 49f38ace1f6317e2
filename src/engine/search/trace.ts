/** From a stored state back to a runnable trace. */
import { ModelAssumptionError, type Fields } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import type { Program } from '../program.ts';
import type { Canonicaliser } from '../symmetry.ts';
import type { Levels } from './levels.ts';
import type { StateStore } from './options.ts';
import type { Handle } from './store.ts';

export interface StoredSearch<S, F extends Fields> {
  readonly program: Program<S, F>;
  readonly store: StateStore;
  readonly levels: Levels;
  readonly canonicaliser: Canonicaliser | null;
}

/** The representative of the current state. */
function currentOrbit<S, F extends Fields>(search: StoredSearch<S, F>): Int32Array {
  const vector = search.program.save();
  search.canonicaliser?.canonicalise(vector);
  return vector;
}

/**
 * The states that may be on the way to `state`, which takes `level` steps, the initial one first.
 * There is more than one way only where hashes of 32 bits coincide; none of the others can be
 * walked.
 */
function* pathsTo(
  { store }: Pick<StoredSearch<unknown, Fields>, 'store'>,
  state: Handle,
  level: number,
): Generator<Handle[]> {
  if (level === 0) {
    yield [state];
    return;
  }
  for (const parent of store.withLowHash(store.parentHashOf(state))) {
    for (const path of pathsTo({ store }, parent, level - 1)) {
      path.push(state);
      yield path;
    }
  }
}

/** Executes instances in order until one leads from `state` into the orbit stored as `target`. */
function stepTowards<S, F extends Fields>(
  search: StoredSearch<S, F>,
  state: Int32Array,
  target: Handle,
): number | undefined {
  const { program, store } = search;
  for (const { id } of program.instances) {
    program.load(state);
    if (!program.execute(id)) continue;
    if (store.isOf(target, currentOrbit(search))) return id;
  }
  return undefined;
}

/** The first initial state that is stored as `root`. */
function initialOf<S, F extends Fields>(
  search: StoredSearch<S, F>,
  root: Handle,
): number | undefined {
  const { program, store } = search;
  const initial = program.machine.initial.findIndex((_, index) => {
    program.initialise(index);
    return store.isOf(root, currentOrbit(search));
  });
  return initial < 0 ? undefined : initial;
}

function follow<S, F extends Fields>(
  search: StoredSearch<S, F>,
  [root = -1, ...rest]: readonly Handle[],
): Trace | null {
  const initial = initialOf(search, root);
  if (initial === undefined) return null;
  const { program } = search;
  program.initialise(initial);
  const steps: number[] = [];
  for (const target of rest) {
    const step = stepTowards(search, program.save(), target);
    if (step === undefined) return null;
    steps.push(step);
  }
  return { initial, steps };
}

/**
 * A shortest run to the state `state` of a level. Leaves the concrete last state current in the
 * program. Order: of all parents the one with the least hash, of all instances that lead on, the
 * first. Under symmetry the run is a concrete one: its states are permutations of the stored ones.
 */
export function traceTo<S, F extends Fields>(
  search: StoredSearch<S, F>,
  state: Handle,
  level: number,
): Trace {
  for (const path of pathsTo(search, state, level)) {
    const trace = follow(search, path);
    if (trace !== null) return trace;
  }
  throw new ModelAssumptionError(
    'permuting a symmetric pool maps behaviours onto behaviours (no step reaches a known state)',
  );
}
