/**
 * The search for runs on which something stays under way for ever although everybody is treated
 * fairly.
 *
 * Such a run ends in a component of the states where the thing is pending, and in some component
 * each actor has no sure step in some state, or takes one between two states of it. Either is
 * enough for a loop. A state in which nobody has a sure step is such a component by itself.
 *
 * Whole vectors are needed, and states rather than orbits: a loop of orbits need not close.
 */
import type { Fields } from '../machine/index.ts';
import type { Bound, PropertyEvidence, Violation } from '../outcome.ts';
import { traceTo, type StoredSearch } from '../search/trace.ts';
import { Components } from './components.ts';
import { Fairness, goalsOf, type Goal } from './goals.ts';
import { ProgressGraph, WORDS_PER_STATE, wholeVectorsOf, type Limits } from './graph.ts';
import { fairLoop } from './loop.ts';

/** Steps of the search for components between two looks at the clock. */
const TURNS = 2 ** 14;

export interface ProgressResult {
  /** At most one per property. Order: by property. */
  readonly violations: readonly Violation[];
  readonly evidence: readonly PropertyEvidence[];
  /** What stopped the work before its end. */
  readonly bound: Bound | null;
}

/** A fair component, by its state that is reached soonest. */
interface Found {
  readonly goal: number;
  readonly entry: number;
  readonly states: number;
}

class ProgressSearch<S, F extends Fields> {
  readonly #search: StoredSearch<S, F>;
  readonly #limits: Limits;
  readonly #goals: readonly Goal<S>[];
  readonly #fairness: Fairness<S, F>;
  readonly #graph: ProgressGraph<S, F>;
  readonly #components: Components<S, F>;

  constructor(search: StoredSearch<S, F>, limits: Limits) {
    this.#search = search;
    this.#limits = limits;
    this.#goals = goalsOf(search.program);
    this.#fairness = new Fairness(search.program);
    this.#graph = new ProgressGraph(search, this.#goals);
    this.#components = new Components(this.#graph);
  }

  /** `complete`: all reachable states are stored. */
  async run(complete: boolean): Promise<ProgressResult> {
    let bound = await this.#graph.build(this.#fairness, this.#limits);
    const violations: Violation[] = [];
    for (const property of bound === null ? (this.#search.program.machine.progress ?? []) : []) {
      let best: Found | null = null;
      for (let goal = 0; goal < this.#goals.length && bound === null; goal++) {
        if (this.#goals[goal]?.property !== property) continue;
        bound = await this.#findComponents(goal, (found) => {
          if (best === null || this.#precedes(found, best)) best = found;
        });
      }
      if (best !== null && bound === null) violations.push(await this.#violation(best, complete));
    }
    return { violations, evidence: bound === null ? this.#evidence() : [], bound };
  }

  /** Finds the fair components of a goal. */
  async #findComponents(goal: number, onFair: (found: Found) => void): Promise<Bound | null> {
    const components = this.#components;
    components.begin(goal);
    const onComponent = (states: Int32Array) => {
      if (!this.#isFair(states)) return;
      const first = states.reduce((x, y) => (this.#compare(y, x) < 0 ? y : x));
      onFair({ goal, entry: first, states: states.length });
    };
    while (!components.run(TURNS, onComponent)) {
      const bound = await this.#limits.watch.pause();
      if (bound !== null) return bound;
    }
    return null;
  }

  /** Whether each actor is idle in some state, or moves from one to another. */
  #isFair(states: Int32Array): boolean {
    const { able, firstOf, endOf, targets, movers } = this.#graph;
    let fair = 0;
    for (const id of states) {
      fair |= ~(able[id] as number);
      for (let step = firstOf[id] as number; step < (endOf[id] as number); step++) {
        const target = targets[step] as number;
        if (this.#components.areTogether(id, target)) fair |= movers[step] as number;
      }
    }
    return (fair & this.#fairness.everybody) === this.#fairness.everybody;
  }

  /** Order: by distance from the initial states, then by vector. */
  #compare(x: number, y: number): number {
    const { levelOf } = this.#graph;
    const levels = (levelOf[x] as number) - (levelOf[y] as number);
    const store = wholeVectorsOf(this.#search);
    return levels === 0 ? store.compareVector(x, store.vectorOf(y)) : levels;
  }

  #precedes(x: Found, y: Found): boolean {
    const order = this.#compare(x.entry, y.entry);
    return order === 0 ? x.goal < y.goal : order < 0;
  }

  async #violation({ goal, entry, states }: Found, complete: boolean): Promise<Violation> {
    const { property, object } = this.#goals[goal] as Goal<S>;
    const { program } = this.#search;
    // The components of another goal may have been looked for since.
    await this.#findComponents(goal, () => {});
    const loop = fairLoop(this.#graph, {
      start: entry,
      everybody: this.#fairness.everybody,
      states,
      isInside: (id) => this.#components.areTogether(entry, id),
    });
    const prefix = traceTo(this.#search, entry, this.#graph.levelOf[entry] as number);
    const finding = property.finding(program.current, object);
    const kind = complete && loop.shortest ? 'shortest-entry' : 'none';
    return {
      property: property.id,
      finding,
      trace: { initial: prefix.initial, steps: [...prefix.steps, ...loop.steps] },
      loop: prefix.steps.length,
      minimality: { kind },
    };
  }

  #evidence(): PropertyEvidence[] {
    const { counts, witnessed } = this.#graph;
    const { progress = [] } = this.#search.program.machine;
    return progress.map((property) => {
      const own = this.#goals.flatMap((goal, g) => (goal.property === property ? [g] : []));
      return {
        id: property.id,
        applied: own.reduce((sum, g) => sum + (counts[g] ?? 0), 0),
        witnessReached: own.some((g) => witnessed[g] === 1),
      };
    });
  }
}

export const notAsked: ProgressResult = { violations: [], evidence: [], bound: null };

/**
 * Asks the progress properties of a search that stored whole states and ended at `searched`. Of
 * one that was cut short by its size it asks them all the same: what is stored is not all, but a
 * loop in it is one.
 */
export async function searchForLoops<S, F extends Fields>(
  search: StoredSearch<S, F>,
  limits: Limits,
  searched: Bound | null,
): Promise<ProgressResult> {
  if (searched !== null && searched !== 'states' && searched !== 'depth') return notAsked;
  const states = Math.max(0, ...search.levels.ranges.flat());
  if (4 * WORDS_PER_STATE * states > limits.room_bytes) return { ...notAsked, bound: 'memory' };
  return new ProgressSearch(search, limits).run(searched === null);
}
