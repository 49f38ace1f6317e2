/**
 * The fast-check arbitrary of concrete traces.
 *
 * `generate` walks the machine; the value is the list of instance ids, so that deleting one does
 * not change what the others mean. `shrink` edits that list. Bias is ignored: a walk is drawn
 * among enabled instances, and no edge of that choice is more interesting than another.
 */
import { Arbitrary, stream, Value, type Random, type Stream } from 'fast-check';
import type { Fields } from '../machine/index.ts';
import { attempt, type Failure } from '../minimise/attempt.ts';
import { ArgumentEdits, chunkDeletions, pairDeletions } from '../minimise/candidates.ts';
import type { Trace } from '../outcome.ts';
import type { Program } from '../program.ts';
import { Walk } from './walk.ts';
import type { Walker } from './walker.ts';

/** Longer traces are not tried for pairs here; minimisation does that, and can be interrupted. */
const PAIRS_STEPS_MAX = 40;

export class TraceArbitrary<S, F extends Fields> extends Arbitrary<Walk> {
  /** The first failure of a generated walk: what shrinking must keep. */
  target: Failure | null = null;
  readonly #program: Program<S, F>;
  readonly #walker: Walker<S, F>;
  readonly #edits: ArgumentEdits<S, F>;

  constructor(program: Program<S, F>, walker: Walker<S, F>) {
    super();
    this.#program = program;
    this.#walker = walker;
    this.#edits = new ArgumentEdits(program);
  }

  override generate(source: Random): Value<Walk> {
    const walk = this.#walker.walk(source);
    this.target ??= walk.verdict?.failure ?? null;
    return new Value(walk, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Walk {
    return (
      value instanceof Walk &&
      this.#program.machine.initial[value.initial] !== undefined &&
      value.steps.every((id) => this.#program.instances[id] !== undefined)
    );
  }

  /** Order: the same for the same trace, hence a path into the shrinks can be walked again. */
  override shrink(value: Walk): Stream<Value<Walk>> {
    return stream(this.#smaller(value)).map((trace) => new Value(new Walk(trace), undefined));
  }

  *#smaller(value: Trace): Generator<Trace> {
    const { initial, steps } = attempt(this.#program, value, this.target)?.trace ?? value;
    for (const fewer of chunkDeletions(steps)) yield { initial, steps: fewer };
    for (let lower = 0; lower < initial; lower++) yield { initial: lower, steps };
    if (steps.length <= PAIRS_STEPS_MAX) {
      for (const fewer of pairDeletions(steps)) yield { initial, steps: fewer };
    }
    for (const lowered of this.#edits.renamings(steps)) yield { initial, steps: lowered };
    for (const lowered of this.#edits.lowerings(steps)) yield { initial, steps: lowered };
  }
}
