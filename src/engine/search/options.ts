/** What a caller may ask of an exhaustive search. */
import type { CheckpointOptions } from '../checkpoint/checkpoints.ts';
import type { Limits } from '../outcome.ts';
import type { MachineSource } from '../parallel/source.ts';
import type { ProgramOptions } from '../program.ts';
import type { Storage } from './store.ts';

export interface ExhaustiveOptions {
  readonly limits?: Limits;
  /** Search orbits under the machine's symmetry. Default: `true`. */
  readonly symmetry?: boolean;
  /** Keep whole vectors, or 64-bit fingerprints with a small risk of omission. Default: `exact`. */
  readonly storage?: Storage;
  /** Distinct violated properties to collect before stopping. Default: 1. */
  readonly maxErrors?: number;
  /** Threads that search. More than one call for `source`. Default: 1. */
  readonly workers?: number;
  /** Time from which on several threads are worth their start. Default: 0, from the beginning. */
  readonly parallelAfter_ms?: number;
  /** Save the search now and then, and when it is interrupted or out of time. */
  readonly checkpoint?: CheckpointOptions;
  /** Go on from this checkpoint of the same search. */
  readonly resumeFrom?: string;
  /** How a thread builds the same machine. */
  readonly source?: MachineSource;
  /** Range-check writes and indices, and disabled steps for writes (slow). Default: `false`. */
  readonly checked?: boolean;
  /** Accessors without code generation (slow, for cross-checks). Default: `generated`. */
  readonly backend?: NonNullable<ProgramOptions['backend']>;
}
