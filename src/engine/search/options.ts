/** What a caller may ask of an exhaustive search. */
import type { CheckpointOptions } from '../checkpoint/checkpoints.ts';
import type { Fields, Machine } from '../machine/index.ts';
import type { Limits } from '../outcome.ts';
import type { MachineSource } from '../parallel/source.ts';
import type { ProgramOptions } from '../program.ts';
import { FingerprintStore } from './fingerprint-store.ts';
import type { MemoryLimit } from './memory.ts';
import { ExactStore, type Storage } from './store.ts';

export type StateStore = ExactStore | FingerprintStore;

export interface ExhaustiveOptions {
  readonly limits?: Limits;
  /**
   * Ask the progress properties of the machine. The search then keeps whole states
   * and no orbits, whatever else is asked for. Default: `true`.
   */
  readonly liveness?: boolean;
  /** Search orbits under the machine's symmetry. Default: `true`. */
  readonly symmetry?: boolean;
  /** Keep whole vectors, or 64-bit fingerprints with a small risk of omission. Default: `exact`. */
  readonly storage?: Storage;
  /** Where vectors go that do not fit into memory, beside fingerprints. */
  readonly frontier?: {
    /** Default: the folder for temporary files. */
    readonly folder?: string;
    /** Bytes to keep in memory. Default: an eighth of the memory, 64 MB at most. */
    readonly memory_bytes?: number;
  };
  /** Distinct violated properties to collect before stopping. Default: 1. */
  readonly maxErrors?: number;
  /** Threads that search. More than one call for `source`. Default: 1. */
  readonly workers?: number;
  /** Time from which on several threads are worth their start. Default: 0, from the beginning. */
  readonly parallelAfter_ms?: number;
  /** Whether more threads may be started now. Default: they may. */
  readonly mayCallThreads?: () => boolean;
  /** Save the search now and then, and when it is interrupted or out of time. */
  readonly checkpoint?: CheckpointOptions;
  /** Go on from this checkpoint of the same search. */
  readonly resumeFrom?: string;
  /** How many states there will be, if somebody knows: the table need not grow. */
  readonly expectedStates?: number;
  /** How a thread builds the same machine. */
  readonly source?: MachineSource;
  /** Range-check writes and indices, and disabled steps for writes (slow). Default: `false`. */
  readonly checked?: boolean;
  /** Accessors without code generation (slow, for cross-checks). Default: `generated`. */
  readonly backend?: NonNullable<ProgramOptions['backend']>;
}

/** Whether the search will look for loops. */
export const asksProgress = <S, F extends Fields>(
  { progress = [] }: Machine<S, F>,
  { liveness = true }: ExhaustiveOptions,
): boolean => liveness && progress.length > 0;

/** How states are stored. */
export const settingsOf = <S, F extends Fields>(
  machine: Machine<S, F>,
  options: ExhaustiveOptions,
): Required<Pick<ExhaustiveOptions, 'symmetry' | 'storage'>> =>
  asksProgress(machine, options)
    ? { symmetry: false, storage: 'exact' }
    : { symmetry: options.symmetry ?? true, storage: options.storage ?? 'exact' };

/** An empty store for vectors of so many words. */
export function storeFor(
  words: number,
  storage: Storage,
  memory: MemoryLimit,
  { workers = 1, expectedStates = 0, frontier = {} }: ExhaustiveOptions,
): StateStore {
  const options = { words, memory, shareable: workers > 1, expectedStates };
  const { folder, memory_bytes } = frontier;
  return storage === 'exact'
    ? new ExactStore(options)
    : new FingerprintStore({ ...options, folder, frontier_bytes: memory_bytes });
}
