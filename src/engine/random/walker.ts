/**
 * Walks a machine at random among enabled instances, evaluating properties on the way.
 *
 * Drawing is by rejection, among the instances whose actor is where they may be enabled: a
 * transition by weight, a few of its instances, then the next transition. That costs less than
 * listing the enabled instances of each state. Only when nothing was found is everything tried:
 * first what takes part in the swarm, then the rest, so that a walk ends early in a true deadlock
 * alone.
 */
import type { Fields, Transition } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import { orBroken, wantedAmong, type Failure } from '../minimise/attempt.ts';
import type { Instance, Program } from '../program.ts';
import { Choices, type Choice } from './choices.ts';
import { Draw, type SeedSource } from './draw.ts';
import type { Guide } from './guide.ts';
import type { Harvest } from './harvest.ts';
import { JudgedStates } from './judged-states.ts';
import { Swarm } from './swarm.ts';
import { Walk } from './walk.ts';

/** Random tries of the instances of one transition; of fewer, each is tried once. */
const TRIES = 6;
const NONE = -1;
/** Openings come between other walks, so that short runs do not consist of them. */
const OPENING_ONE_IN = 4;

export interface WalkerOptions<S, F extends Fields> {
  /** Says where most walks begin; they then go on half as far. */
  readonly guide?: Guide | null;
  readonly swarm?: Swarm;
  /** One walk in four takes one of these step by step, then goes on, until all were taken. */
  readonly openings?: readonly Trace[];
  /** Learns of each step. */
  readonly harvest?: Harvest<S, F> | null;
}

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
  readonly #stepOf: readonly Transition<S>['step'][];
  readonly #argsOf: readonly Instance['args'][];
  readonly #normalise: (s: S) => void;
  readonly #choices: Choices<S, F>;
  /** By choice: its weight while it has not been tried. */
  readonly #left: Int32Array;
  readonly #judged: JudgedStates;
  readonly #guide: Guide | null;
  readonly #openings: readonly Trace[];
  readonly #harvest: Harvest<S, F> | null;
  #walks = 0;
  #trying = NONE;

  constructor(program: Program<S, F>, steps_max: number, options: WalkerOptions<S, F> = {}) {
    const { transitions } = program.machine;
    this.#program = program;
    this.#steps_max = steps_max;
    this.#guide = options.guide ?? null;
    this.#openings = options.openings ?? [];
    this.#harvest = options.harvest ?? null;
    this.#judged = new JudgedStates(program.words);
    this.#swarm = options.swarm ?? new Swarm(transitions.map(({ name }) => name));
    this.taken = new Float64Array(transitions.length);
    this.#choices = new Choices(program);
    this.#left = new Int32Array(transitions.length);
    this.#transitionOf = Int32Array.from(program.instances, ({ transition }) => transition);
    this.#stepOf = transitions.map(({ step }) => step);
    this.#argsOf = program.instances.map(({ args }) => args);
    this.#normalise = program.machine.normalise ?? (() => undefined);
  }

  /** What is counted from here on does not depend on the walks before. */
  countAnew(): void {
    this.taken.fill(0);
    this.longest = 0;
    this.#judged.clear();
  }

  /**
   * Makes one walk. It ends at the first failure, in a deadlock or at the step limit.
   * Errors: `RangeError` for an opening of which a step is disabled.
   */
  walk(source: SeedSource): Walk {
    const program = this.#program;
    this.#draw.seedFrom(source);
    this.#swarm.draw(this.#draw);
    const opening = this.#openingOf(this.#walks++);
    const start = opening === undefined ? (this.#guide?.begin(this.#draw) ?? null) : null;
    const { length } = program.machine.initial;
    const initial = (opening ?? start)?.initial ?? this.#draw.below(length);
    const steps = [...(start?.steps ?? [])];
    this.#trying = NONE;
    const failure = orBroken(null, () => {
      if (start !== null) program.load(start.words);
      else program.initialise(initial);
      const already = start === null ? wantedAmong(program.evaluate(null), null) : null;
      return already ?? this.#wander(initial, steps, opening?.steps ?? []);
    });
    this.longest = Math.max(this.longest, steps.length);
    if (failure?.kind === 'broken' && this.#trying !== NONE) steps.push(this.#trying);
    const trace = { initial, steps };
    return new Walk(trace, failure === null ? null : { trace, failure });
  }

  #openingOf(walk: number): Trace | undefined {
    return walk % OPENING_ONE_IN === 0 ? this.#openings[walk / OPENING_ONE_IN] : undefined;
  }

  #wander(initial: number, steps: number[], opening: readonly number[]): Failure | null {
    const guide = this.#guide;
    const more = guide === null ? this.#steps_max : Math.ceil(this.#steps_max / 2);
    const end = Math.min(this.#steps_max, steps.length + opening.length + more);
    while (steps.length < end) {
      const given = opening[steps.length];
      const id = given === undefined ? this.#step() : this.#follow(given);
      if (id === NONE) return null;
      steps.push(id);
      const transition = this.#transitionOf[id] ?? 0;
      this.taken[transition] = (this.taken[transition] ?? 0) + 1;
      const failure = this.#judge(id);
      if (failure !== null) return failure;
      const words = this.#program.currentWords;
      guide?.reached(words, { initial, steps }, this.#draw);
      this.#harvest?.reached(words, transition, { initial, steps });
    }
    return null;
  }

  /** Executes a step that was given. */
  #follow(id: number): number {
    const program = this.#program;
    copyWords(program.currentWords, program.beforeWords);
    if (this.#execute(id)) return id;
    throw new RangeError(`an opening takes instance ${id} where it is disabled`);
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
    const program = this.#program;
    const { weights } = this.#swarm;
    const left = this.#left;
    const choices = this.#choices.at(program.currentWords);
    if (program.checked) this.#checkOthers(choices);
    else copyWords(program.currentWords, program.beforeWords);
    let total = 0;
    for (let k = 0; k < choices.length; k++) {
      const weight = weights[(choices[k] as Choice).transition] ?? 0;
      left[k] = weight;
      total += weight;
    }
    while (total > 0) {
      const k = takeOne(left, this.#draw.below(total));
      total -= left[k] ?? 0;
      left[k] = 0;
      const id = this.#trySome((choices[k] as Choice).ids);
      if (id !== NONE) return id;
    }
    const id = this.#tryAll(choices, true);
    return id === NONE ? this.#tryAll(choices, false) : id;
  }

  #trySome(ids: Int32Array): number {
    const count = ids.length;
    if (count <= TRIES) return this.#tryEach(ids);
    for (let k = 0; k < TRIES; k++) {
      const id = ids[this.#draw.below(count)] ?? NONE;
      if (this.#execute(id)) return id;
    }
    return NONE;
  }

  /** Each instance once, from a random one on. */
  #tryEach(ids: Int32Array): number {
    const count = ids.length;
    const start = count > 1 ? this.#draw.below(count) : 0;
    for (let k = 0; k < count; k++) {
      const at = start + k;
      const id = ids[at < count ? at : at - count] ?? NONE;
      if (this.#execute(id)) return id;
    }
    return NONE;
  }

  /** Tries all that takes part and was not tried whole, or all that takes no part. */
  #tryAll(choices: readonly Choice[], takesPart: boolean): number {
    const count = choices.length;
    const start = count > 1 ? this.#draw.below(count) : 0;
    for (let k = 0; k < count; k++) {
      const { transition, ids } = choices[(start + k) % count] as Choice;
      if ((this.#swarm.weights[transition] !== 0) !== takesPart) continue;
      if (takesPart && ids.length <= TRIES) continue;
      const id = this.#tryEach(ids);
      if (id !== NONE) return id;
    }
    return NONE;
  }

  /** What is not to be tried is disabled indeed: checked mode ends the run otherwise. */
  #checkOthers(choices: readonly Choice[]): void {
    const possible = new Set(choices.flatMap(({ ids }) => [...ids]));
    for (const { id } of this.#program.instances) {
      if (!possible.has(id)) this.#execute(id);
    }
  }

  /**
   * As `Program.execute`, but `before` was copied once for all tries of this choice: a disabled
   * step writes nothing, and most tries are disabled. Checked mode takes no such short cut.
   */
  #execute(id: number): boolean {
    this.#trying = id;
    const program = this.#program;
    if (program.checked) return program.execute(id);
    const step = this.#stepOf[this.#transitionOf[id] ?? 0];
    const args = this.#argsOf[id];
    if (step === undefined || args === undefined) return false;
    if (!step(program.current, args[0], args[1], args[2], args[3])) return false;
    this.#normalise(program.current);
    return true;
  }
}

/** The place in `weights` that a ticket falls on; there are more tickets in all. */
function takeOne(weights: Int32Array, ticket: number): number {
  let k = 0;
  for (let rest = ticket - (weights[0] ?? 0); rest >= 0; rest -= weights[k] ?? 0) k++;
  return k;
}

/** Faster than `set` for short vectors. */
function copyWords(source: Int32Array, target: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = source[i] as number;
}
