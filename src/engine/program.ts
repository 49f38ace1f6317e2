/**
 * A machine made runnable: its instance table, and two cursors that it executes steps on.
 *
 * `current` is where steps happen; `before` holds the state that the last executed step left.
 */
import {
  ModelAssumptionError,
  type Fields,
  type Machine,
  type Transition,
} from './machine/index.ts';
import { actionKey, actionOf, instanceTable, type Instance } from './instances.ts';
import { Judge, type Judgement } from './judge.ts';
import type { Action, PropertyEvidence } from './outcome.ts';
import {
  compileLayout,
  type CompiledLayout,
  type Cursor,
  type PlainRecord,
} from './state/compile.ts';
import { mayBeEnabled, placesOf, type Places } from './places.ts';
import { fingerprintOf } from './state/hash.ts';
import { maskOfPaths } from './state/mask.ts';

export type { Instance } from './instances.ts';
export type { Judgement } from './judge.ts';
export type { Plain, PlainRecord } from './state/compile.ts';

export interface ProgramOptions {
  /** Range-checks writes and indices, and that a disabled step wrote nothing. Default: `false`. */
  readonly checked?: boolean;
  /** Accessors without code generation (slow, for cross-checks). Default: `generated`. */
  readonly backend?: 'generated' | 'closures';
}

type Step<S> = Transition<S>['step'];

export class Program<S, F extends Fields = Fields> {
  readonly machine: Machine<S, F>;
  readonly checked: boolean;
  readonly layout: CompiledLayout<F>;
  /** Length of a state vector. */
  readonly words: number;
  readonly instances: readonly Instance[];
  /** The vectors behind `current` and `before`. */
  readonly currentWords: Int32Array;
  readonly beforeWords: Int32Array;
  readonly current: S;
  readonly before: S;
  readonly judge: Judge<S>;
  readonly places: Places;
  readonly #cursor: Cursor<F>;
  readonly #beforeCursor: Cursor<F>;
  readonly #steps: readonly Step<S>[];
  /** By instance: its arguments, as many as it has parameters. */
  readonly #args: readonly (readonly number[])[];
  readonly #normalise: ((s: S) => void) | null;
  #ids: Map<string, number> | null = null;

  constructor(machine: Machine<S, F>, options: ProgramOptions = {}) {
    this.machine = machine;
    this.checked = options.checked ?? false;
    this.layout = compileLayout(machine.layout, options);
    this.words = this.layout.words;
    this.instances = instanceTable(machine.transitions);
    this.#cursor = this.layout.createCursor();
    this.#beforeCursor = this.layout.createCursor();
    this.currentWords = this.#cursor.words;
    this.beforeWords = this.#beforeCursor.words;
    this.current = machine.bind(this.#cursor.view);
    this.before = machine.bind(this.#beforeCursor.view);
    const { shape } = this.layout;
    this.places = placesOf(machine, shape);
    this.judge = new Judge(machine as unknown as Machine<S>, {
      words: this.currentWords,
      before: this.beforeWords,
      maskOf: (paths) => maskOfPaths(shape, paths),
      checked: this.checked,
    });
    this.#steps = this.instances.map((instance) => transitionOf(machine, instance).step);
    this.#args = this.instances.map(({ args, parameters }) => args.slice(0, parameters));
    this.#normalise = machine.normalise ?? null;
  }

  /** Errors: `RangeError` when there is no such instance. */
  instance(id: number): Instance {
    const instance = this.instances[id];
    if (instance === undefined) throw new RangeError(`there is no instance ${id}`);
    return instance;
  }

  /** The instance by name, as printed and stored. */
  actionOf(id: number): Action {
    const instance = this.instance(id);
    return actionOf(transitionOf(this.machine, instance), instance);
  }

  /** The id of an action by name; `undefined` when the machine has no such instance. */
  instanceOf(action: Pick<Action, 'transition' | 'args'>): number | undefined {
    this.#ids ??= new Map(this.instances.map(({ id }) => [actionKey(this.actionOf(id)), id]));
    return this.#ids.get(actionKey(action));
  }

  /** Makes initial state `index` current. Errors: `RangeError` when there is none such. */
  initialise(index: number): void {
    const write = this.machine.initial[index];
    if (write === undefined) throw new RangeError(`there is no initial state ${index}`);
    this.currentWords.fill(0);
    write(this.current);
    this.#normalise?.(this.current);
  }

  /**
   * Executes an instance on the current state, then normalises. Returns `false`, with nothing
   * changed, when it is disabled. `before` shows the state the step began in.
   * Errors: `ModelAssumptionError`; the vectors then hold what the step left.
   */
  execute(id: number): boolean {
    const { args } = this.instance(id);
    copyWords(this.currentWords, 0, this.beforeWords);
    const step = this.#steps[id] as Step<S>;
    if (!step(this.current, args[0], args[1], args[2], args[3])) {
      if (this.checked) this.checkUntouched(id);
      return false;
    }
    if (this.checked) this.checkPlace(id);
    this.#normalise?.(this.current);
    return true;
  }

  /** Copies a vector into the current state. */
  load(words: Int32Array, offset = 0): void {
    copyWords(words, offset, this.currentWords);
  }

  /** Copies the current state out. */
  save(words: Int32Array = new Int32Array(this.words), offset = 0): Int32Array {
    words.set(this.currentWords, offset);
    return words;
  }

  /** 64-bit fingerprint of the current state, as 16 hexadecimal digits. */
  fingerprint(): string {
    return fingerprintOf(this.currentWords);
  }

  /** Plain copy of the current state, in field order. */
  snapshot(): PlainRecord {
    return this.layout.snapshot(this.#cursor.view);
  }

  /** Plain copy of the state that the last executed step began in. */
  snapshotBefore(): PlainRecord {
    return this.layout.snapshot(this.#beforeCursor.view);
  }

  /**
   * What is broken now: by the step `id` just executed (`null`: at an initial state), then by the
   * current state. Allocates nothing when everything holds. Counts antecedents and witnesses.
   */
  evaluate(id: number | null): readonly Judgement[] {
    const ofStep = id === null ? [] : this.judgeStep(id);
    const ofState = this.judge.judgeState(this.current);
    if (ofStep.length === 0) return ofState;
    return ofState.length === 0 ? ofStep : [...ofStep, ...ofState];
  }

  /** Step properties alone, for the step `id` just executed. */
  judgeStep(id: number): readonly Judgement[] {
    const { transition } = this.instance(id);
    if (this.judge.judgedTransitions[transition] !== true) return NO_JUDGEMENTS;
    return this.judge.judgeStep(this.before, this.current, transition, this.#args[id] ?? []);
  }

  /** State properties alone, on the current state. */
  judgeState(): readonly Judgement[] {
    return this.judge.judgeState(this.current);
  }

  /** How often each property applied, and whether its witness was seen, since the last reset. */
  evidence(): PropertyEvidence[] {
    return this.judge.evidence();
  }

  /**
   * Looks where the instance `id`, just executed, was enabled.
   * Errors: `ModelAssumptionError` when its transition says that it is not enabled there.
   */
  checkPlace(id: number): void {
    const { transition, args } = this.instance(id);
    if (mayBeEnabled(this.places, this.beforeWords, transition, args[0])) return;
    const { name, at = [] } = transitionOf(this.machine, this.instance(id));
    throw new ModelAssumptionError(`${name} is enabled at ${at.join(', ')} alone`);
  }

  /**
   * Compares the vectors after the disabled instance `id`.
   * Errors: `ModelAssumptionError` when they differ.
   */
  checkUntouched(id: number): void {
    if (this.beforeWords.every((word, index) => word === this.currentWords[index])) return;
    const { transition, args } = this.actionOf(id);
    throw new ModelAssumptionError(
      `${transition}(${Object.values(args).join(', ')}) is disabled and writes nothing`,
    );
  }
}

/** Faster than `set` for short vectors. */
function copyWords(source: Int32Array, offset: number, target: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = source[offset + i] as number;
}

const NO_JUDGEMENTS: readonly Judgement[] = Object.freeze([]);

function transitionOf<S, F extends Fields>(
  machine: Machine<S, F>,
  instance: Instance,
): Transition<S> {
  const transition = machine.transitions[instance.transition];
  if (transition === undefined) throw new RangeError(`there is no instance ${instance.id}`);
  return transition;
}

/** Errors: `RangeError` when the layout cannot be placed or the machine refers to unknown names. */
export const compileMachine = <S, F extends Fields = Fields>(
  machine: Machine<S, F>,
  options: ProgramOptions = {},
): Program<S, F> => new Program(machine, options);
