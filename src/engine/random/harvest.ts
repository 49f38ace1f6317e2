/**
 * Openings: short runs to where walks come rarely, for the walks of later runs to begin with.
 *
 * What counts as a place to come to is the transition taken last, together with where all actors
 * are then. Both are known of any machine, there are few enough of them to count, and most bugs
 * need some rare combination of them.
 */
import type { Fields } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import { placesKey } from '../places.ts';
import type { Program } from '../program.ts';

/** Features looked after in one run. */
const FEATURES_MAX = 100_000;

export interface Opening extends Trace {
  /** The transition and the places that it ends with, as a number. */
  readonly feature: number;
  /** How often walks came there. */
  readonly reached: number;
}

function featureOf<S, F extends Fields>(
  { machine, places }: Program<S, F>,
  words: Int32Array,
  last: number,
): number {
  return placesKey(places, words) * machine.transitions.length + last;
}

/** The feature that a run ends with; `null` when a step is disabled, or there is none. */
export function featureAfter<S, F extends Fields>(
  program: Program<S, F>,
  { initial, steps }: Trace,
): number | null {
  const last = steps.at(-1);
  if (last === undefined || program.machine.initial[initial] === undefined) return null;
  if (steps.some((id) => program.instances[id] === undefined)) return null;
  program.initialise(initial);
  if (!steps.every((id) => program.execute(id))) return null;
  return featureOf(program, program.currentWords, program.instance(last).transition);
}

/** Order: short runs first; total. */
function compareTraces(x: Trace, y: Trace): number {
  const differs = x.steps.findIndex((step, k) => step !== y.steps[k]);
  return (
    x.steps.length - y.steps.length ||
    x.initial - y.initial ||
    (differs < 0 ? 0 : (x.steps[differs] ?? 0) - (y.steps[differs] ?? 0))
  );
}

const keyOf = ({ initial }: Trace, steps: readonly number[]): string =>
  `${initial}:${steps.join(' ')}`;

/** Without those that another one begins with: a walk that takes that one takes them too. */
function withoutBeginnings(openings: readonly Opening[]): Opening[] {
  const beginnings = new Set(
    openings.flatMap((opening) =>
      opening.steps.map((_, length) => keyOf(opening, opening.steps.slice(0, length))),
    ),
  );
  return openings.filter((opening) => !beginnings.has(keyOf(opening, opening.steps)));
}

/** A shortest run for each feature, with what `combine` makes of how often it was reached. */
export function merged(
  openings: readonly Opening[],
  combine: (x: number, y: number) => number,
): Opening[] {
  const best = new Map<number, Opening>();
  for (const opening of openings) {
    const other = best.get(opening.feature);
    const shorter = other === undefined || compareTraces(opening, other) < 0 ? opening : other;
    const reached = other === undefined ? opening.reached : combine(opening.reached, other.reached);
    best.set(opening.feature, { ...shorter, reached });
  }
  return [...best.values()];
}

/** The rarest of them, which no order of arrival decides. Order: the rarest first. */
export function rarest(openings: readonly Opening[], most: number): Opening[] {
  const sorted = [...openings].sort((x, y) => x.reached - y.reached || compareTraces(x, y));
  return withoutBeginnings(sorted.slice(0, most));
}

interface Seen extends Trace {
  reached: number;
}

/** What the walks of one line come to. */
export class Harvest<S, F extends Fields> {
  readonly #program: Program<S, F>;
  readonly #seen = new Map<number, Seen>();

  constructor(program: Program<S, F>) {
    this.#program = program;
  }

  /** After each step of a walk: `steps` led to `words`, the last one by `transition`. */
  reached(words: Int32Array, transition: number, { initial, steps }: Trace): void {
    const feature = featureOf(this.#program, words, transition);
    const seen = this.#seen.get(feature);
    if (seen !== undefined) {
      seen.reached++;
      if (steps.length >= seen.steps.length) return;
    } else if (this.#seen.size === FEATURES_MAX) {
      return;
    }
    const reached = seen?.reached ?? 1;
    this.#seen.set(feature, { initial, steps: steps.slice(), reached });
  }

  openings(): Opening[] {
    return [...this.#seen].map(([feature, seen]) => ({ ...seen, feature }));
  }
}
