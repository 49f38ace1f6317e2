/** The violations of a search, collected level by level. */
import type { Fields } from '../machine/index.ts';
import type { Violation } from '../outcome.ts';
import { Sightings } from './sightings.ts';
import type { StoredSearch } from './trace.ts';
import { violationOf } from './violations.ts';

export class Verdicts {
  /** What was seen on the level that is being found. */
  readonly sightings = new Sightings();
  readonly #violations: Violation[] = [];
  readonly #maxErrors: number;

  constructor(maxErrors: number) {
    this.#maxErrors = maxErrors;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** As many violations as were asked for. */
  get enough(): boolean {
    return this.#violations.length >= this.#maxErrors;
  }

  /** Violations of an earlier part of the search. */
  restore(violations: readonly Violation[]): void {
    this.#violations.push(...violations);
  }

  /** Turns sightings into violations: states of `level`, steps from the one before. */
  report<S, F extends Fields>(search: StoredSearch<S, F>, level: number): void {
    const known = new Set(this.#violations.map(({ property }) => property));
    for (const sighting of this.sightings.take()) {
      if (this.enough) return;
      if (known.has(sighting.judgement.id)) continue;
      const at = sighting.instance === null ? level : level - 1;
      this.#violations.push(violationOf(search, sighting, at));
    }
  }
}
