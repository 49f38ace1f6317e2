/**
 * Smaller neighbours of a trace, most promising first.
 *
 * All of them are plain edits of the list of instance ids. Whether the result still runs, and
 * still fails, is for `attempt` to find out.
 */
import type { Fields } from '../machine/index.ts';
import type { Program } from '../program.ts';

type Steps = readonly number[];

/** `steps` without those at `start .. end - 1`. */
export const without = (steps: Steps, start: number, end: number): number[] => [
  ...steps.slice(0, start),
  ...steps.slice(end),
];

/** Compares place by place; the first difference decides. Negative when `x` is lower. */
export function compareRank(x: readonly number[], y: readonly number[]): number {
  const at = x.findIndex((value, index) => value !== y[index]);
  return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
}

/** Deletes runs of steps: halves first, then quarters, down to single steps; late ones first. */
export function* chunkDeletions(steps: Steps): Generator<number[]> {
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size > 1 ? size >> 1 : 0) {
    for (let end = steps.length; end > 0; end -= size) {
      yield without(steps, Math.max(0, end - size), end);
    }
  }
}

/** Deletes each single step. */
export function* singleDeletions(steps: Steps): Generator<number[]> {
  for (let at = steps.length - 1; at >= 0; at--) yield without(steps, at, at + 1);
}

/** Deletes each pair of steps, neighbours or not. */
export function* pairDeletions(steps: Steps): Generator<number[]> {
  for (let second = steps.length - 1; second > 0; second--) {
    const shorter = without(steps, second, second + 1);
    for (let first = second - 1; first >= 0; first--) yield without(shorter, first, first + 1);
  }
}

/** Edits of arguments alone; the length stays. Every edit lowers the rank, hence editing ends. */
export class ArgumentEdits<S, F extends Fields> {
  readonly #program: Program<S, F>;
  /** By transition: how much each argument weighs in an instance id. */
  readonly #strides: readonly (readonly number[])[];

  constructor(program: Program<S, F>) {
    this.#program = program;
    this.#strides = program.machine.transitions.map(({ parameters }) =>
      parameters.map((_, at) =>
        parameters.slice(at + 1).reduce((product, { size }) => product * size, 1),
      ),
    );
  }

  /** Lower is better: the sum of all arguments, then the steps from the first on. */
  rank(steps: Steps): number[] {
    return [this.#weight(steps), ...steps];
  }

  #weight(steps: Steps): number {
    return steps.reduce((sum, id) => sum + this.#argsOf(id).reduce((x, y) => x + y, 0), 0);
  }

  /**
   * Replaces one value of a parameter by a smaller one, or exchanges the two, in all steps that
   * have a parameter of this name: what one actor does as a whole is then done by another.
   */
  *renamings(steps: Steps): Generator<number[]> {
    for (const [name, values] of this.#valuesByName(steps)) {
      for (const value of values) {
        for (let smaller = 0; smaller < value; smaller++) {
          yield steps.map((id) => this.#renamed(id, name, value, smaller, smaller));
          const exchanged = steps.map((id) => this.#renamed(id, name, value, smaller, value));
          if (compareRank(this.rank(exchanged), this.rank(steps)) < 0) yield exchanged;
        }
      }
    }
  }

  /** Lowers one argument of one step. */
  *lowerings(steps: Steps): Generator<number[]> {
    for (const [at, id] of steps.entries()) {
      for (const [parameter, value] of this.#argsOf(id).entries()) {
        for (let smaller = 0; smaller < value; smaller++) {
          yield steps.with(at, id - (value - smaller) * this.#stride(id, parameter));
        }
      }
    }
  }

  #argsOf(id: number): readonly number[] {
    const { args, parameters } = this.#program.instance(id);
    return args.slice(0, parameters);
  }

  #stride(id: number, parameter: number): number {
    return this.#strides[this.#program.instance(id).transition]?.[parameter] ?? 0;
  }

  #namesOf(id: number): string[] {
    const { transition } = this.#program.instance(id);
    return (this.#program.machine.transitions[transition]?.parameters ?? []).map((p) => p.name);
  }

  /** `from` becomes `to`; `to` becomes `back`, which is one of the two. */
  #renamed(id: number, name: string, from: number, to: number, back: number): number {
    const args = this.#argsOf(id);
    const difference = (value: number | undefined): number => {
      if (value === from) return to - from;
      return value === to ? back - to : 0;
    };
    return this.#namesOf(id).reduce(
      (changed, each, at) =>
        each === name ? changed + difference(args[at]) * this.#stride(id, at) : changed,
      id,
    );
  }

  /** Values above 0 in use, by parameter name. Order: as they occur. */
  #valuesByName(steps: Steps): Map<string, Set<number>> {
    const values = new Map<string, Set<number>>();
    for (const id of steps) {
      const args = this.#argsOf(id);
      for (const [at, name] of this.#namesOf(id).entries()) {
        const value = args[at] ?? 0;
        if (value > 0) values.set(name, (values.get(name) ?? new Set()).add(value));
      }
    }
    return values;
  }
}
