/**
 * Swarm: every walk enables a subset of the transitions and weighs them.
 *
 * A walk that may do everything rarely does one thing often, and some bugs need exactly that.
 * Transitions are switched off by family, the part of the name before the first dot, so that the
 * steps of one kernel function stay together. An operation may span functions, hence a walk may
 * find nothing enabled in its swarm; the walker then takes any enabled instance.
 */
import type { Draw } from './draw.ts';

/** Of so many walks one enables everything with equal weights. */
const PLAIN_ONE_IN = 4;
/** A family is left out with a chance of one in so many; one of these is drawn per walk. */
const LEAVE_OUT_ONE_IN = [2, 4, 8] as const;
/** Weights of a family: 2^0 .. 2^3. */
const WEIGHT_EXPONENTS = 4;

/** Family of each transition, numbered in order of appearance. */
export function familiesOf(names: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return names.map((name) => {
    const family = name.split('.', 1)[0] ?? name;
    const known = numbers.get(family);
    if (known !== undefined) return known;
    numbers.set(family, numbers.size);
    return numbers.size - 1;
  });
}

/** The choice made for one walk; reused from walk to walk. */
export class Swarm {
  /** By transition: its chance among those that may be enabled; 0 when it takes no part. */
  readonly weights: Int32Array;
  private readonly families: readonly number[];
  private readonly ofFamily: Int32Array;

  constructor(names: readonly string[]) {
    this.families = familiesOf(names);
    this.ofFamily = new Int32Array(Math.max(-1, ...this.families) + 1);
    this.weights = new Int32Array(names.length).fill(1);
  }

  /** Draws the swarm of the next walk. Never empty unless the machine has no transitions. */
  draw(draw: Draw): void {
    if (draw.oneIn(PLAIN_ONE_IN)) this.ofFamily.fill(1);
    else this.drawWeights(draw);
    this.families.forEach((family, transition) => {
      this.weights[transition] = this.ofFamily[family] ?? 0;
    });
  }

  private drawWeights(draw: Draw): void {
    const leaveOut = LEAVE_OUT_ONE_IN[draw.below(LEAVE_OUT_ONE_IN.length)] ?? 2;
    let enabled = 0;
    for (let family = 0; family < this.ofFamily.length; family++) {
      const weight = draw.oneIn(leaveOut) ? 0 : 1 << draw.below(WEIGHT_EXPONENTS);
      this.ofFamily[family] = weight;
      enabled += weight;
    }
    const { length } = this.ofFamily;
    if (enabled === 0 && length > 0) this.ofFamily[draw.below(length)] = 1;
  }
}
