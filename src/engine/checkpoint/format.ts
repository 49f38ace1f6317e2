/**
 * The checkpoint file: a line of JSON, the records of all states as words, and a digest of both.
 *
 * States are written level by level; of the level that is being expanded, those that have been
 * come first. Hence it does not matter how many threads wrote the file or will read it.
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
import type { StateStore } from '../search/store.ts';
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

/** Calls `visit` with the words of the states `ranges`, segment by segment. */
function eachPiece(
  store: StateStore,
  segments: readonly Int32Array[],
  stride: number,
  ranges: readonly number[],
  visit: (words: Int32Array) => void,
): void {
  const size = store.segmentStates;
  for (let k = 0; k < ranges.length; k += 2) {
    const end = ranges[k + 1] ?? 0;
    for (let id = ranges[k] ?? 0; id < end;) {
      const segment = Math.floor(id / size);
      const to = Math.min(end, (segment + 1) * size);
      const start = id - segment * size;
      visit(
        segments[segment]?.subarray(start * stride, (start + to - id) * stride) ??
          new Int32Array(0),
      );
      id = to;
    }
  }
}

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
    eachPiece(store, store.keys, store.keyWords + 1, all, (words) => write(bytesOf(words)));
    if (!store.exact) {
      eachPiece(store, store.vectors, store.words, waiting, (words) => write(bytesOf(words)));
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
  store.exact ? 0 : states * store.words;

/**
 * Reads a checkpoint into an empty store: the states get the ids 0, 1, … in order.
 * Errors: `CheckpointError` when the file is damaged, or is none of this search.
 */
export function readCheckpoint(file: string, machine: string, store: StateStore): SavedSearch {
  return reading(file, (reader) => {
    const search = reader.header();
    const sameStore = search.words === store.words && (search.storage === 'exact') === store.exact;
    if (search.machine !== machine || !sameStore) {
      throw new CheckpointError('the file is of another search');
    }
    const states = sumOf(search.levels) + search.found;
    const waiting = sumOf(search.levels.slice(0, -1)) + search.expanded;
    const bytes = 4 * (states * (store.keyWords + 1) + keptVectors(store, states - waiting));
    if (bytes !== reader.left) {
      throw new CheckpointError('the file is damaged: its first line counts other states');
    }
    while (store.keys.length * store.segmentStates < states) {
      if (!store.addSegment()) throw new CheckpointError('the states do not fit into memory');
    }
    const stride = store.keyWords + 1;
    eachPiece(store, store.keys, stride, [0, states], (words) => reader.fillWords(words));
    if (!store.exact) {
      const range = [waiting, states];
      eachPiece(store, store.vectors, store.words, range, (words) => reader.fillWords(words));
      store.forgetVectorsBelow(waiting);
    }
    return search;
  });
}
