/** What must not stay under way for ever, and who is sure to move on. */
import type { Fields, Machine, ProgressProperty } from '../machine/index.ts';
import type { Program } from '../program.ts';

/** Goals and actors are numbered within one word. */
const MOST = 31;

/** One thing that a progress property speaks of. */
export interface Goal<S> {
  readonly property: ProgressProperty<S>;
  readonly object: number;
}

/** Order: by property, then by thing. Errors: `RangeError` for more than 31. */
export function goalsOf<S, F extends Fields>(program: Program<S, F>): readonly Goal<S>[] {
  const { progress = [] } = program.machine;
  program.initialise(0);
  const goals = progress.flatMap((property) => {
    const count = property.objects(program.current);
    return Array.from({ length: count }, (_, object) => ({ property, object }));
  });
  if (goals.length > MOST) throw new RangeError(`more than ${MOST} things to make progress`);
  return goals;
}

/** The sure steps of each actor, as sets of actors in one word. */
export class Fairness<S, F extends Fields> {
  /** All actors. */
  readonly everybody: number;
  readonly #program: Program<S, F>;
  /** By instance: the set with its actor alone. */
  readonly #actorOf: readonly number[];
  readonly #sure: readonly Machine<S, F>['transitions'][number]['sure'][];

  /** Errors: `RangeError` for more than 31 actors. */
  constructor(program: Program<S, F>) {
    const names = program.instances.map(({ id }) => program.actionOf(id).actor);
    const actors = [...new Set(names)];
    if (actors.length > MOST) throw new RangeError(`more than ${MOST} actors`);
    this.#program = program;
    this.everybody = 2 ** actors.length - 1;
    this.#actorOf = names.map((name) => 1 << actors.indexOf(name));
    this.#sure = program.machine.transitions.map(({ sure }) => sure);
  }

  /** Who took a sure step when instance `id` was just executed: its actor, or nobody (0). */
  moverOf(id: number): number {
    const { transition, args } = this.#program.instance(id);
    const sure = this.#sure[transition]?.(this.#program.before, ...args) ?? true;
    return sure ? (this.#actorOf[id] ?? 0) : 0;
  }

  /** Executes each instance that is enabled in `state`. Returns who has a sure step there. */
  visit(state: Int32Array, onStep?: (instance: number, mover: number) => void): number {
    const program = this.#program;
    let able = 0;
    program.load(state);
    for (let id = 0; id < program.instances.length; id++) {
      if (!program.execute(id)) continue;
      const mover = this.moverOf(id);
      able |= mover;
      onStep?.(id, mover);
      program.load(state);
    }
    return able;
  }
}
