/** Reduction by replay alone: delta debugging, pairs, smaller arguments. */
import type { Fields } from '../machine/index.ts';
import type { Program } from '../program.ts';
import type { Pacer } from '../random/pacer.ts';
import type { Trace } from '../outcome.ts';
import { attempt, type FailingTrace } from './attempt.ts';
import {
  ArgumentEdits,
  compareRank,
  pairDeletions,
  singleDeletions,
  without,
} from './candidates.ts';

export class Reducer<S, F extends Fields> {
  /** The best trace so far. */
  best: FailingTrace;
  readonly #program: Program<S, F>;
  readonly #pacer: Pacer;
  readonly #edits: ArgumentEdits<S, F>;
  /** Steps that may still be replayed. */
  #budget: number;

  constructor(
    program: Program<S, F>,
    failing: FailingTrace,
    replaySteps_max: number,
    pacer: Pacer,
  ) {
    this.#program = program;
    this.#budget = replaySteps_max;
    this.#pacer = pacer;
    this.#edits = new ArgumentEdits(program);
    this.best = failing;
  }

  get steps(): readonly number[] {
    return this.best.trace.steps;
  }

  /**
   * Reduces until no deletion of one or two steps and no smaller argument keeps the failure.
   * Returns `false` when interruption or budget ended it before all of these were tried.
   */
  async reduce(): Promise<boolean> {
    await this.#sweep();
    let improved = true;
    while (improved && !this.#ended) {
      improved = (await this.#improve(this.#deletions())) || (await this.#improve(this.#lower()));
    }
    return !this.#ended;
  }

  /** Delta debugging: deletes runs of steps, from halves down to single steps. */
  async #sweep(): Promise<void> {
    const { initial } = this.best.trace;
    for (let size = this.steps.length >> 1; size >= 1; size >>= 1) {
      for (let end = this.steps.length; end > 0; end -= size) {
        end = Math.min(end, this.steps.length);
        this.#accept({ initial, steps: without(this.steps, Math.max(0, end - size), end) });
        if (this.#pacer.due()) await this.#pacer.giveWay();
        if (this.#ended) return;
      }
    }
  }

  /** Takes the first candidate that is better. */
  async #improve(candidates: Iterable<Trace>): Promise<boolean> {
    for (const candidate of candidates) {
      if (this.#accept(candidate)) return true;
      if (this.#pacer.due()) await this.#pacer.giveWay();
      if (this.#ended) return false;
    }
    return false;
  }

  get #ended(): boolean {
    return this.#pacer.ended !== null || this.#budget <= 0;
  }

  #accept(candidate: Trace): boolean {
    this.#budget -= candidate.steps.length + 1;
    const failing = attempt(this.#program, candidate, this.best.failure);
    if (failing === null || compareRank(this.#rank(failing), this.#rank(this.best)) >= 0) {
      return false;
    }
    this.best = failing;
    return true;
  }

  /** Fewer steps, then an earlier initial state, then smaller arguments, early ones first. */
  #rank({ trace: { initial, steps } }: FailingTrace): number[] {
    return [steps.length, initial, ...this.#edits.rank(steps)];
  }

  *#deletions(): Generator<Trace> {
    const { initial, steps } = this.best.trace;
    for (const fewer of singleDeletions(steps)) yield { initial, steps: fewer };
    for (const fewer of pairDeletions(steps)) yield { initial, steps: fewer };
  }

  *#lower(): Generator<Trace> {
    const { initial, steps } = this.best.trace;
    for (let lower = 0; lower < initial; lower++) yield { initial: lower, steps };
    for (const lowered of this.#edits.renamings(steps)) yield { initial, steps: lowered };
    for (const lowered of this.#edits.lowerings(steps)) yield { initial, steps: lowered };
  }
}
