/**
 * The instances that may be enabled, by where the actors are.
 *
 * Most of what is tried at random is at another place. Which instances are not depends on the
 * places alone, hence is found out once for each combination of them.
 */
import type { Fields } from '../machine/index.ts';
import { mayBeEnabled, placesKey } from '../places.ts';
import type { Program } from '../program.ts';

/** Some instances of one transition. */
export interface Choice {
  readonly transition: number;
  /** Order: ascending. */
  readonly ids: Int32Array;
}

/** Combinations kept. */
const KEPT_MAX = 4096;

export class Choices<S, F extends Fields> {
  readonly #program: Program<S, F>;
  readonly #known = new Map<number, readonly Choice[]>();

  constructor(program: Program<S, F>) {
    this.#program = program;
  }

  /** Order: by transition. Transitions that are enabled nowhere here are left out. */
  at(words: Int32Array): readonly Choice[] {
    const key = placesKey(this.#program.places, words);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size === KEPT_MAX) this.#known.clear();
    const choices = this.#choicesAt(words);
    this.#known.set(key, choices);
    return choices;
  }

  #choicesAt(words: Int32Array): Choice[] {
    const { machine, instances, places } = this.#program;
    const ids: number[][] = machine.transitions.map(() => []);
    for (const { id, transition, args } of instances) {
      if (mayBeEnabled(places, words, transition, args[0])) ids[transition]?.push(id);
    }
    return ids.flatMap((list, transition) =>
      list.length === 0 ? [] : [{ transition, ids: Int32Array.from(list) }],
    );
  }
}
