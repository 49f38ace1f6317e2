/** What the threads of a search share, and what they tell each other. */
import type { EvidenceCounts } from '../judge.ts';
import type { Failure } from '../search/violations.ts';
import type { Sighting } from '../search/sightings.ts';
import type { Storage } from '../search/store.ts';
import type { MachineSource } from './source.ts';

/** Places in the shared words of control. */
export const Shared = {
  /** Next chunk of the level to hand out. */
  chunk: 0,
  /** States stored, by all. */
  found: 1,
  /** States expanded by the threads. */
  expanded: 2,
  /** Not 0: end the phase at the next chunk. */
  stop: 3,
  /** Next free segment, and how many there are. */
  segment: 4,
  segments: 5,
  /** States that may be stored before the table must grow. */
  capacity: 6,
  /** Next segment, or table of fingerprints, to enter into the wider table. */
  rehash: 7,
} as const;

export const SHARED_WORDS = 16;

/** Successors for which a thread makes sure that there is room before it takes a chunk. */
const CHUNK_SUCCESSORS = 2 ** 14;
const CHUNK_MIN = 8;
const CHUNK_MAX = 256;

/** States in a chunk, at most. */
export const chunkStates = (instances: number): number =>
  Math.max(CHUNK_MIN, Math.min(CHUNK_MAX, Math.floor(CHUNK_SUCCESSORS / instances)));

/** What a thread is started with. */
export interface WorkerSetup {
  readonly source: MachineSource;
  readonly storage: Storage;
  readonly symmetry: boolean;
  readonly checked: boolean;
  readonly backend: 'generated' | 'closures';
  readonly control: Int32Array;
  /** By table of fingerprints: states that may come; `null` where whole vectors are kept. */
  readonly room: Int32Array | null;
  /** By segment: states in it. */
  readonly filled: Int32Array;
  /** By segment: place from which on its states belong to the level being found. */
  readonly levelStart: Int32Array;
  /** Executed steps by transition; of this thread alone. */
  readonly taken: Float64Array;
}

/** What all requests carry: news of the store. */
export interface StoreNews {
  /** Segments with their numbers; without words, when they are of no use to a thread any more. */
  readonly segments: readonly (readonly [number, Int32Array])[];
  /** The table of whole vectors, or those of fingerprints that are new, with their numbers. */
  readonly table: Int32Array | null;
  readonly parts: readonly (readonly [number, Int32Array])[];
  /** The tag of fingerprints of the level being found. */
  readonly fresh: number;
}

export type Request = StoreNews &
  (
    | {
        readonly kind: 'expand';
        /** Ids to expand: start, end (exclusive), start, … */
        readonly ranges: readonly number[];
        readonly chunk: number;
      }
    | { readonly kind: 'rehash'; readonly wider: Int32Array }
    /** Enter the tables of fingerprints into wider ones. */
    | { readonly kind: 'move'; readonly wider: readonly (readonly [number, Int32Array])[] }
  );

export interface ThreadFailure {
  readonly error: unknown;
  /** The error is a broken assumption of the model, with this sentence. */
  readonly broken: string | null;
  readonly where: Failure;
}

export type Reply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      /** Every chunk was handed out. */
      readonly finished: boolean;
      readonly sightings: readonly Sighting[];
      readonly evidence: EvidenceCounts;
      readonly failure: ThreadFailure | null;
    };
