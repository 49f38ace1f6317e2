/**
 * The checkpoint file: a line of JSON, the records of all states as words, and a digest of both.
 *
 * Whole vectors are written level by level; of the level that is being expanded, those that have
 * been come first. Fingerprints are written in any order, and after them, level by level, the
 * vectors of the states that are still to be expanded. Hence it does not matter how many threads
 * wrote the file or will read it.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { hashWords } from '../state/hash.ts';
import type { FingerprintStore } from '../search/fingerprint-store.ts';
import { PARTS, PLANES } from '../search/fingerprints.ts';
import type { StateStore } from '../search/options.ts';
import type { ExactStore } from '../search/store.ts';
import {
  CheckpointError,
  CheckpointWriteError,
  FORMAT_START,
  headerFrom,
  headerText,
  type SavedSearch,
} from './header.ts';

const DIGEST_BYTES = 32;
const BLOCK_BYTES = 2 ** 20;

const isSystemError = (error: unknown): error is Error => error instanceof Error && 'code' in error;

const bytesOf = (words: Int32Array): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** Calls `visit` for each part of the ranges that lies in one segment: number, first, end. */
function eachPiece(
  { segmentStates: size }: Pick<StateStore, 'segmentStates'>,
  ranges: readonly number[],
  visit: (segment: number, start: number, end: number) => void,
): void {
  for (let k = 0; k < ranges.length; k += 2) {
    const end = ranges[k + 1] ?? 0;
    for (let id = ranges[k] ?? 0; id < end;) {
      const segment = Math.floor(id / size);
      const to = Math.min(end, (segment + 1) * size);
      visit(segment, id - segment * size, to - segment * size);
      id = to;
    }
  }
}

/** Words of what is written of each state. */
const recordWords = (store: StateStore): number =>
  store.kind === 'exact' ? store.words + 1 : PLANES;

/** States to write: all of them in order, and those whose vectors are still needed. */
export interface SavedStates {
  readonly all: readonly number[];
  readonly waiting: readonly number[];
}

/**
 * Writes a file in one piece: whoever looks sees the old one or the new one.
 * Errors: `CheckpointWriteError`.
 */
export function writeCheckpoint(
  file: string,
  search: SavedSearch,
  store: StateStore,
  states: SavedStates,
): void {
  try {
    writeBeside(`${file}.part`, search, store, states);
    renameSync(`${file}.part`, file);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CheckpointWriteError(`cannot be written: ${error.message}`, { cause: error });
  }
}

function writeBeside(
  temporary: string,
  search: SavedSearch,
  store: StateStore,
  { all, waiting }: SavedStates,
): void {
  const output = openSync(temporary, 'w');
  const hash = createHash('sha256');
  const write = (bytes: Uint8Array) => {
    // Shared memory cannot be hashed or written as it is.
    const own = bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes;
    hash.update(own);
    for (let at = 0; at < own.length;) at += writeSync(output, own, at);
  };
  try {
    write(Buffer.from(headerText(search)));
    if (store.kind === 'exact') {
      const stride = store.words + 1;
      eachPiece(store, all, (segment, start, end) => {
        const words = store.vectors[segment] ?? new Int32Array(0);
        write(bytesOf(words.subarray(start * stride, end * stride)));
      });
    } else {
      for (let part = 0; part < PARTS; part++) {
        write(bytesOf(store.fingerprints.entriesOf(part)));
      }
      eachPiece(store, waiting, (segment, start, end) => {
        const words = store.frontier.read(segment);
        write(bytesOf(words.subarray(start * store.words, end * store.words)));
      });
    }
    writeSync(output, hash.digest());
    fsyncSync(output);
  } finally {
    closeSync(output);
  }
}

/** Compares the digest at the end with the rest. Errors: `CheckpointError`. */
function verify(input: number): void {
  const hash = createHash('sha256');
  const left = fstatSync(input).size - DIGEST_BYTES;
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let at = 0; at < left;) {
    const read = readSync(input, block, 0, Math.min(BLOCK_BYTES, left - at), at);
    hash.update(block.subarray(0, read));
    at += read;
  }
  const digest = Buffer.alloc(DIGEST_BYTES);
  readSync(input, digest, 0, DIGEST_BYTES, Math.max(left, 0));
  if (!hash.digest().equals(digest)) throw new CheckpointError('the file is damaged or cut off');
}

class Reader {
  readonly #input: number;
  #at = 0;

  /** Errors: `CheckpointError`. */
  constructor(file: string) {
    // A pipe that nobody writes to must not be waited for.
    this.#input = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(this.#input).isFile()) return;
    closeSync(this.#input);
    throw new CheckpointError('it is no regular file');
  }

  /** Bytes between the header and the digest. */
  get left(): number {
    return fstatSync(this.#input).size - DIGEST_BYTES - this.#at;
  }

  /** Errors: `CheckpointError`. */
  header(): SavedSearch {
    const start = Buffer.alloc(FORMAT_START.length);
    readSync(this.#input, start, 0, start.length, 0);
    if (start.toString() !== FORMAT_START) throw new CheckpointError('the file is no checkpoint');
    verify(this.#input);
    let text = '';
    for (const block = Buffer.alloc(BLOCK_BYTES); ;) {
      const read = readSync(this.#input, block, 0, BLOCK_BYTES, this.#at);
      const end = block.subarray(0, read).indexOf('\n');
      text += block.toString('utf8', 0, end < 0 ? read : end);
      this.#at += end < 0 ? read : end + 1;
      if (end >= 0 || read === 0) return headerFrom(text);
    }
  }

  /** Through one's own memory: shared memory cannot be read into. */
  fillWords(words: Int32Array): void {
    const own = new Int32Array(words.length);
    const bytes = bytesOf(own);
    for (let at = 0; at < bytes.length;) {
      const read = readSync(this.#input, bytes, at, bytes.length - at, this.#at);
      if (read === 0) throw new CheckpointError('the file is cut off');
      at += read;
      this.#at += read;
    }
    words.set(own);
  }

  close(): void {
    closeSync(this.#input);
  }
}

/** Errors: `CheckpointError`. */
function reading<T>(file: string, read: (reader: Reader) => T): T {
  try {
    const reader = new Reader(file);
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CheckpointError(`the file cannot be read: ${error.message}`, { cause: error });
  }
}

/** The header alone. Errors: `CheckpointError`. */
export const peekCheckpoint = (file: string): SavedSearch =>
  reading(file, (reader) => reader.header());

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Words. */
const keptVectors = (store: StateStore, states: number): number =>
  store.kind === 'exact' ? 0 : states * store.words;

/** Records that are read at one time. */
const RECORDS_AT_ONCE = 2 ** 14;

const noRoom = (): CheckpointError => new CheckpointError('the states do not fit into memory');

function readVectors(reader: Reader, store: ExactStore, states: number): void {
  const stride = store.words + 1;
  eachPiece(store, [0, states], (segment, start, end) => {
    if (!store.addSegment()) throw noRoom();
    reader.fillWords((store.vectors[segment] as Int32Array).subarray(start * stride, end * stride));
  });
}

/** `states` in all; from `waiting` on to be expanded, from `found` on of the next level. */
interface Counts {
  readonly states: number;
  readonly waiting: number;
  readonly found: number;
}

function readFingerprints(
  reader: Reader,
  store: FingerprintStore,
  { states, waiting, found }: Counts,
): void {
  const { fingerprints, frontier, words, segmentStates } = store;
  for (let done = 0; done < states; done += RECORDS_AT_ONCE) {
    const records = new Int32Array(PLANES * Math.min(RECORDS_AT_ONCE, states - done));
    reader.fillWords(records);
    for (let at = 0; at < records.length; at += PLANES) {
      const [low = 0, high = 0, parent = 0] = records.subarray(at, at + PLANES);
      if (!fingerprints.enter(low, high, parent)) throw noRoom();
    }
  }
  const first = Math.floor(waiting / segmentStates);
  while (store.vectors.length < first) frontier.skip();
  eachPiece(store, [waiting, states], (segment, start, end) => {
    if (!store.addSegment()) throw noRoom();
    const vectors = (store.vectors[segment] as Int32Array).subarray(start * words, end * words);
    reader.fillWords(vectors);
    for (let place = start; place < end; place++) {
      if (segment * segmentStates + place < found) continue;
      const { low, high } = hashWords(vectors, (place - start) * words, words);
      fingerprints.freshen(low, high);
    }
  });
}

/**
 * Reads a checkpoint into an empty store: the states get the ids 0, 1, … in order.
 * Errors: `CheckpointError` when the file is damaged, or is none of this search.
 */
export function readCheckpoint(file: string, machine: string, store: StateStore): SavedSearch {
  return reading(file, (reader) => {
    const search = reader.header();
    const sameStore = search.words === store.words && search.storage === store.kind;
    if (search.machine !== machine || !sameStore) {
      throw new CheckpointError('the file is of another search');
    }
    const found = sumOf(search.levels);
    const states = found + search.found;
    const waiting = sumOf(search.levels.slice(0, -1)) + search.expanded;
    const bytes = 4 * (states * recordWords(store) + keptVectors(store, states - waiting));
    if (bytes !== reader.left) {
      throw new CheckpointError('the file is damaged: its first line counts other states');
    }
    if (store.kind === 'exact') readVectors(reader, store, states);
    else readFingerprints(reader, store, { states, waiting, found });
    return search;
  });
}
