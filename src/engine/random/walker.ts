/**
 * Walks a machine at random among enabled instances, evaluating properties on the way.
 *
 * Drawing is by rejection: a transition by weight, a few random tuples of its arguments, then the
 * next transition. That costs a fifth of listing the enabled instances of each state. Only when
 * nothing was found is the whole table tried: first what takes part in the swarm, then the rest,
 * so that a walk ends early in a true deadlock alone.
 */
import type { Fields, Transition } from '../machine/index.ts';
import { orBroken, wantedAmong, type Failure } from '../minimise/attempt.ts';
import { mayBeEnabled } from '../places.ts';
import type { Instance, Program } from '../program.ts';
import { Draw, type SeedSource } from './draw.ts';
import type { Guide } from './guide.ts';
import { JudgedStates } from './judged-states.ts';
import { Swarm } from './swarm.ts';
import { Walk } from './walk.ts';

/** Random tries of the arguments of one transition; with fewer tuples, each is tried once. */
const TRIES = 6;
const NONE = -1;

export class Walker<S, F extends Fields> {
  /** Executed steps by transition. */
  readonly taken: Float64Array;
  /** Steps of the longest walk. */
  longest = 0;
  readonly #program: Program<S, F>;
  readonly #steps_max: number;
  readonly #draw = new Draw();
  readonly #swarm: Swarm;
  readonly #transitionOf: Int32Array;
  readonly #firstOf: Int32Array;
  readonly #countOf: Int32Array;
  readonly #stepOf: readonly Transition<S>['step'][];
  readonly #argsOf: readonly Instance['args'][];
  readonly #normalise: (s: S) => void;
  /** By transition: the choice in which it was last tried. */
  readonly #triedIn: Float64Array;
  readonly #judged: JudgedStates;
  readonly #guide: Guide | null;
  #choice = 0;
  #trying = NONE;

  /** With a guide, most walks begin where it says, and go on half as far. */
  constructor(program: Program<S, F>, steps_max: number, guide: Guide | null = null) {
    const { transitions } = program.machine;
    this.#program = program;
    this.#steps_max = steps_max;
    this.#guide = guide;
    this.#judged = new JudgedStates(program.words);
    this.#swarm = new Swarm(transitions.map(({ name }) => name));
    this.taken = new Float64Array(transitions.length);
    this.#triedIn = new Float64Array(transitions.length);
    this.#transitionOf = Int32Array.from(program.instances, ({ transition }) => transition);
    this.#firstOf = new Int32Array(transitions.length).fill(NONE);
    this.#countOf = new Int32Array(transitions.length);
    this.#stepOf = transitions.map(({ step }) => step);
    this.#argsOf = program.instances.map(({ args }) => args);
    this.#normalise = program.machine.normalise ?? (() => undefined);
    for (const { id, transition } of program.instances) {
      if (this.#countOf[transition] === 0) this.#firstOf[transition] = id;
      this.#countOf[transition] = (this.#countOf[transition] ?? 0) + 1;
    }
  }

  /** Makes one walk. It ends at the first failure, in a deadlock or at the step limit. */
  walk(source: SeedSource): Walk {
    const program = this.#program;
    this.#draw.seedFrom(source);
    this.#swarm.draw(this.#draw);
    const start = this.#guide?.begin(this.#draw) ?? null;
    const initial = start?.initial ?? this.#draw.below(program.machine.initial.length);
    const steps = [...(start?.steps ?? [])];
    this.#trying = NONE;
    const failure = orBroken(null, () => {
      if (start !== null) program.load(start.words);
      else program.initialise(initial);
      const already = start === null ? wantedAmong(program.evaluate(null), null) : null;
      return already ?? this.#wander(initial, steps);
    });
    this.longest = Math.max(this.longest, steps.length);
    if (failure?.kind === 'broken' && this.#trying !== NONE) steps.push(this.#trying);
    const trace = { initial, steps };
    return new Walk(trace, failure === null ? null : { trace, failure });
  }

  #wander(initial: number, steps: number[]): Failure | null {
    const guide = this.#guide;
    const more = guide === null ? this.#steps_max : Math.ceil(this.#steps_max / 2);
    const end = Math.min(this.#steps_max, steps.length + more);
    while (steps.length < end) {
      const id = this.#step();
      if (id === NONE) return null;
      steps.push(id);
      const transition = this.#transitionOf[id] ?? 0;
      this.taken[transition] = (this.taken[transition] ?? 0) + 1;
      const failure = this.#judge(id);
      if (failure !== null) return failure;
      guide?.reached(this.#program.currentWords, { initial, steps }, this.#draw);
    }
    return null;
  }

  /** As `Program.evaluate`, but states that were found good before are not judged again. */
  #judge(id: number): Failure | null {
    this.#trying = NONE;
    const program = this.#program;
    const ofStep = program.judgeStep(id);
    if (ofStep.length > 0) return wantedAmong(ofStep, null);
    const words = program.currentWords;
    if (this.#judged.has(words)) return null;
    const ofState = program.judgeState();
    if (ofState.length > 0) return wantedAmong(ofState, null);
    this.#judged.remember(words);
    return null;
  }

  /** Executes one enabled instance and returns its id. */
  #step(): number {
    const { tickets, ticketCount } = this.#swarm;
    this.#choice++;
    this.#program.beforeWords.set(this.#program.currentWords);
    for (let live = ticketCount; live > 0; live--) {
      const at = this.#draw.below(live);
      const transition = tickets[at] ?? 0;
      tickets[at] = tickets[live - 1] ?? 0;
      tickets[live - 1] = transition;
      if (this.#triedIn[transition] === this.#choice) continue;
      this.#triedIn[transition] = this.#choice;
      const id = this.#tryTransition(transition);
      if (id !== NONE) return id;
    }
    const id = this.#tryAll(1);
    return id === NONE ? this.#tryAll(0) : id;
  }

  #tryTransition(transition: number): number {
    const first = this.#firstOf[transition] ?? 0;
    const count = this.#countOf[transition] ?? 0;
    if (count <= TRIES) return this.#tryRange(first, count);
    for (let k = 0; k < TRIES; k++) {
      const id = first + this.#draw.below(count);
      if (this.#execute(id)) return id;
    }
    return NONE;
  }

  /** Each instance of a range once, from a random one on. */
  #tryRange(first: number, count: number): number {
    const start = count > 1 ? this.#draw.below(count) : 0;
    for (let k = 0; k < count; k++) {
      const at = start + k;
      const id = first + (at < count ? at : at - count);
      if (this.#execute(id)) return id;
    }
    return NONE;
  }

  /** Tries all that takes part (1), or all that does not (0), from a random transition on. */
  #tryAll(member: number): number {
    const transitions = this.taken.length;
    const start = this.#draw.below(transitions);
    for (let k = 0; k < transitions; k++) {
      const transition = (start + k) % transitions;
      const count = this.#countOf[transition] ?? 0;
      if (this.#swarm.members[transition] !== member) continue;
      if (member === 1 && count <= TRIES) continue;
      const id = this.#tryRange(this.#firstOf[transition] ?? 0, count);
      if (id !== NONE) return id;
    }
    return NONE;
  }

  /**
   * As `Program.execute`, but `before` was copied once for all tries of this choice: a disabled
   * step writes nothing, and most tries are disabled. Checked mode takes no such short cut.
   */
  #execute(id: number): boolean {
    this.#trying = id;
    const program = this.#program;
    if (program.checked) return program.execute(id);
    const transition = this.#transitionOf[id] ?? 0;
    const step = this.#stepOf[transition];
    const args = this.#argsOf[id];
    if (step === undefined || args === undefined) return false;
    if (!mayBeEnabled(program.places, program.currentWords, transition, args[0])) return false;
    if (!step(program.current, args[0], args[1], args[2], args[3])) return false;
    this.#normalise(program.current);
    return true;
  }
}
