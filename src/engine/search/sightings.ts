/**
 * Violations as first met, before their traces are known.
 *
 * Of all sightings of a property on one level the least counts, by vector and then by instance:
 * which one that is depends on the machine alone, not on the order of search.
 */
import type { Judgement } from '../judge.ts';

export interface Sighting {
  readonly judgement: Judgement;
  /** Vector of the violating state, or of the state that the violating step begins in. */
  readonly vector: Int32Array;
  /** The violating step; `null` for a state. */
  readonly instance: number | null;
}

function compareVectors(x: Int32Array, y: Int32Array): number {
  for (let k = 0; k < x.length; k++) {
    const left = x[k] ?? 0;
    const right = y[k] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

const precedes = (vector: Int32Array, instance: number | null, known: Sighting): boolean => {
  const order = compareVectors(vector, known.vector);
  return order === 0 ? (instance ?? -1) < (known.instance ?? -1) : order < 0;
};

export class Sightings {
  readonly #least = new Map<number, Sighting>();

  /** Notes what is broken in `vector`, which is copied when needed. */
  note(vector: Int32Array, instance: number | null, list: readonly Judgement[]): void {
    for (const judgement of list) {
      const known = this.#least.get(judgement.property);
      if (known !== undefined && !precedes(vector, instance, known)) continue;
      const sighting = { judgement, vector: vector.slice(), instance };
      this.#least.set(judgement.property, sighting);
    }
  }

  /** Notes what others saw on the same level. */
  merge(sightings: readonly Sighting[]): void {
    for (const { vector, instance, judgement } of sightings) {
      this.note(vector, instance, [judgement]);
    }
  }

  /** Order: by property. */
  list(): Sighting[] {
    const all = [...this.#least.values()];
    return all.sort((x, y) => x.judgement.property - y.judgement.property);
  }

  /** Hands over the sightings, and starts anew. Order: by property. */
  take(): Sighting[] {
    const all = this.list();
    this.#least.clear();
    return all;
  }
}
