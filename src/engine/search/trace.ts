/** From a stored state back to a runnable trace. */
import { hashWords } from '../state/hash.ts';
import { ModelAssumptionError, type Fields } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import type { Program } from '../program.ts';
import type { SearchKernel } from './kernel.ts';
import type { Canonicaliser } from '../symmetry.ts';

export interface StoredSearch<S, F extends Fields> {
  readonly program: Program<S, F>;
  readonly kernel: SearchKernel<S, F>;
  readonly canonicaliser: Canonicaliser | null;
  /** By state id: which initial state of the machine it is. */
  readonly roots: ReadonlyMap<number, number>;
}

/** The key under which the search keeps the orbit of `words`. */
function keyOf<S, F extends Fields>(search: StoredSearch<S, F>, words: Int32Array): Int32Array {
  const vector = words.slice();
  search.canonicaliser?.canonicalise(vector);
  if (search.kernel.exact) return vector;
  const { low, high } = hashWords(vector);
  return Int32Array.of(low, high);
}

/** Ids of the states on the way to `id`, the initial one first. */
function pathTo<S, F extends Fields>(search: StoredSearch<S, F>, id: number): number[] {
  const path = [id];
  for (let at = search.kernel.parentOf(id); at >= 0; at = search.kernel.parentOf(at)) path.push(at);
  return path.toReversed();
}

/** Executes instances in order until one leads from `state` into the orbit stored as `target`. */
function stepTowards<S, F extends Fields>(
  search: StoredSearch<S, F>,
  state: Int32Array,
  target: number,
): number {
  const { program, kernel } = search;
  for (const { id } of program.instances) {
    program.load(state);
    if (program.execute(id) && kernel.hasKey(target, keyOf(search, program.currentWords)))
      return id;
  }
  throw new ModelAssumptionError(
    'permuting a symmetric pool maps behaviours onto behaviours (no step reaches a known state)',
  );
}

/**
 * A shortest run to the state `id`. Leaves the concrete last state current in the program.
 * Order: of all instances that lead on, the first. Under symmetry the run is a concrete one: its
 * states are permutations of the stored ones.
 */
export function traceTo<S, F extends Fields>(search: StoredSearch<S, F>, id: number): Trace {
  const { program, roots } = search;
  const [root = id, ...rest] = pathTo(search, id);
  const initial = roots.get(root) ?? 0;
  program.initialise(initial);
  const steps = rest.map((target) => {
    const state = program.save();
    return stepTowards(search, state, target);
  });
  return { initial, steps };
}
