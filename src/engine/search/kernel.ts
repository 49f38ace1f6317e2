/**
 * The inner loop of the exhaustive search, as generated code over a store of states.
 *
 * Successors are gathered in a buffer and looked up together. Which of several parents counts is
 * decided by their hashes, hence traces and all counts are the same in every run, whoever comes
 * first.
 */
import type { Fields } from '../machine/index.ts';
import type { Judgement, Program } from '../program.ts';
import type { Canonicaliser } from '../symmetry.ts';
import { kernelText } from './kernel-text.ts';
import type { Parts } from './fingerprints.ts';
import type { Words } from './words.ts';

/** Words of successors to gather before the buffer is emptied, and limits of their number. */
const BUFFER_WORDS = 2 ** 16;
const BUFFER_MIN = 512;
const BUFFER_MAX = 4096;

/** The part of a store that the inner loop works on. */
export interface KernelStore {
  readonly segmentShift: number;
  readonly vectors: readonly Words[];
  /** `null`: whole vectors are kept. */
  readonly fingerprints: KernelFingerprints | null;
}

export interface KernelFingerprints {
  readonly parts: Parts;
  readonly room: Int32Array;
}

export interface KernelOptions {
  readonly store: KernelStore;
  readonly canonicaliser: Canonicaliser | null;
  /** Executed steps by transition: counted here. */
  readonly taken: Float64Array;
  /** A state property does not hold in the current state. */
  readonly onState: (list: readonly Judgement[]) => void;
  /** A step property does not hold for `instance`, executed in the state `before`. */
  readonly onStep: (instance: number, list: readonly Judgement[]) => void;
  /** When one thread searches: most states, and where the next segment comes from. */
  readonly alone?: {
    readonly statesMax: number;
    /** Makes room for a segment; `false` when there is none. */
    readonly allocate: () => boolean;
    /** Makes room in a table of fingerprints; `false` when there is none. */
    readonly grow: (part: number) => boolean;
  };
  /** When several threads search. */
  readonly shared?: {
    /** By segment: place from which on its states belong to the level being found. */
    readonly levelStart: Int32Array;
    /** Id of the first state of a segment for this thread alone. */
    readonly takeSegment: () => number;
    /** A table of fingerprints has no room left but what is kept free. */
    readonly partIsFull: () => void;
  };
}

/** What the generated text returns. */
export interface Kernel {
  /** States stored. */
  readonly count: number;
  /** Number of a bound that was hit; 0 for none. */
  readonly stop: number;
  /** Shared search: the id that the next new state gets, and how many more fit the segment. */
  readonly next: number;
  readonly room: number;
  /** The place of the state being expanded (`before`); -1 before the first. */
  readonly parent: number;
  /** The place of the state being judged (`current`), or -1. */
  readonly judging: number;
  readonly bufferBytes: number;
  /** Enters the current state of the program. */
  add(): void;
  /** Expands the states `start .. end - 1`, less at a bound. Returns the next one to expand. */
  expand(start: number, end: number): number;
  /** Enters the states `start .. end - 1`, kept whole, into a wider table. */
  rehash(wider: Words, start: number, end: number): void;
  /**
   * From now on, states belong to the level being found that have this tag; of vectors that are
   * kept whole, in one thread, those from this id on.
   */
  beginLevel(first: number): void;
  useTable(wider: Words): void;
  /** The store holds this many states already. */
  resume(states: number): void;
}

export const STOPS = [null, 'states', 'memory'] as const;

function textFor<S, F extends Fields>(program: Program<S, F>, options: KernelOptions): string {
  const { machine, judge, instances, words } = program;
  const { store } = options;
  const transitions = machine.transitions.map(({ parameters }, index) => ({
    sizes: parameters.map(({ size }) => size),
    firstInstance: instances.find(({ transition }) => transition === index)?.id ?? 0,
    judged: judge.judgedTransitions[index] === true,
    placed: program.places.at[index] !== null,
  }));
  return kernelText({
    words,
    storage: store.fingerprints === null ? 'exact' : 'fingerprint',
    shared: options.shared !== undefined,
    transitions,
    places: program.places,
    normalises: machine.normalise !== undefined,
    canonicalises: options.canonicaliser !== null,
    judgesStates: machine.properties.length > 0,
    checked: program.checked,
    segmentShift: store.segmentShift,
    slack: Math.max(BUFFER_MIN, Math.min(BUFFER_MAX, BUFFER_WORDS / words)) | 0,
  });
}

/** Generates the kernel of a program. The caller gives it a table before use. */
export function buildKernel<S, F extends Fields>(
  program: Program<S, F>,
  options: KernelOptions,
): Kernel {
  const { machine, judge, instances, current, before } = program;
  const args = instances.map((instance) => instance.args.slice(0, instance.parameters));
  const environment = {
    m: program.currentWords,
    origin: program.beforeWords,
    s: current,
    steps: machine.transitions.map(({ step }) => step),
    at: program.places.at,
    taken: options.taken,
    parts: options.store.fingerprints?.parts,
    room: options.store.fingerprints?.room,
    grow: options.alone?.grow,
    partIsFull: options.shared?.partIsFull,
    vectors: options.store.vectors,
    limit: options.alone?.statesMax,
    levelStart: options.shared?.levelStart,
    normalise: machine.normalise,
    canonicalise: options.canonicaliser?.canonicalise,
    judgeState: (s: S) => judge.judgeState(s),
    stepJudges: judge.stepJudges,
    args,
    origins: before,
    onState: options.onState,
    onStep: options.onStep,
    allocate: options.alone?.allocate,
    takeSegment: options.shared?.takeSegment,
    checkUntouched: (id: number) => program.checkUntouched(id),
    checkPlace: (id: number) => program.checkPlace(id),
  };
  // Reviewed: the text is made from numbers alone; everything named comes through `env`.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function('env', textFor(program, options));
  return (build as (env: typeof environment) => Kernel)(environment);
}
