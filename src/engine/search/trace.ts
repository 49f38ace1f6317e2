/** From a stored state back to a runnable trace. */
import { hashWords } from '../state/hash.ts';
import { ModelAssumptionError, type Fields } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import type { Program } from '../program.ts';
import type { Canonicaliser } from '../symmetry.ts';
import type { Levels } from './levels.ts';
import type { StateStore } from './store.ts';

export interface StoredSearch<S, F extends Fields> {
  readonly program: Program<S, F>;
  readonly store: StateStore;
  readonly levels: Levels;
  readonly canonicaliser: Canonicaliser | null;
  /** By state id: which initial state of the machine it is. */
  readonly roots: Map<number, number>;
}

/** The key under which the search keeps the orbit of `words`. */
function keyOf<S, F extends Fields>(search: StoredSearch<S, F>, words: Int32Array): Int32Array {
  const vector = words.slice();
  search.canonicaliser?.canonicalise(vector);
  if (search.store.exact) return vector;
  const { low, high } = hashWords(vector);
  return Int32Array.of(low, high);
}

/** States of a level whose hash is that of the parent of `id`. Order: by key. */
function parentsOf<S, F extends Fields>(
  { store, levels }: StoredSearch<S, F>,
  id: number,
  level: number,
): number[] {
  const hash = store.parentHashOf(id);
  const lowOf = (state: number): number => {
    const key = store.keyOf(state);
    return store.exact ? hashWords(key).low : (key[0] ?? 0);
  };
  return store
    .candidates(hash)
    .filter((state) => levels.has(level, state) && lowOf(state) === hash)
    .sort((x, y) => store.compareKey(x, store.keyOf(y)));
}

/**
 * Ids of the states on the way to `id`, the initial one first. There is more than one way only
 * where hashes of 32 bits coincide.
 */
function* pathsTo<S, F extends Fields>(
  search: StoredSearch<S, F>,
  id: number,
  level: number,
): Generator<number[]> {
  if (level === 0) {
    yield [id];
    return;
  }
  for (const parent of parentsOf(search, id, level - 1)) {
    for (const path of pathsTo(search, parent, level - 1)) {
      path.push(id);
      yield path;
    }
  }
}

/** Executes instances in order until one leads from `state` into the orbit stored as `target`. */
function stepTowards<S, F extends Fields>(
  search: StoredSearch<S, F>,
  state: Int32Array,
  target: number,
): number | undefined {
  const { program, store } = search;
  for (const { id } of program.instances) {
    program.load(state);
    if (!program.execute(id)) continue;
    if (store.compareKey(target, keyOf(search, program.currentWords)) === 0) return id;
  }
  return undefined;
}

function follow<S, F extends Fields>(
  search: StoredSearch<S, F>,
  [root = 0, ...rest]: readonly number[],
): Trace | null {
  const { program, roots } = search;
  const initial = roots.get(root) ?? 0;
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
 * A shortest run to the state `id` of a level. Leaves the concrete last state current in the
 * program. Order: of all parents the one with the least hash, of all instances that lead on, the
 * first. Under symmetry the run is a concrete one: its states are permutations of the stored ones.
 */
export function traceTo<S, F extends Fields>(
  search: StoredSearch<S, F>,
  id: number,
  level: number,
): Trace {
  for (const path of pathsTo(search, id, level)) {
    const trace = follow(search, path);
    if (trace !== null) return trace;
  }
  throw new ModelAssumptionError(
    'permuting a symmetric pool maps behaviours onto behaviours (no step reaches a known state)',
  );
}
