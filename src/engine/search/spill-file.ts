/**
 * A file for what does not fit into memory: blocks of one size, written and read in any order.
 *
 * Its name is removed as soon as it is open: whatever way the process ends, nothing is left behind.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Words } from './words.ts';

/** Why a part of the search could be neither kept in memory nor written to a file. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
  readonly folder: string;

  constructor(folder: string, cause: Error) {
    super(reasonOf(cause), { cause });
    this.folder = folder;
  }
}

const reasonOf = (error: Error): string =>
  'code' in error && error.code === 'ENOSPC' ? 'the disk is full' : error.message;

export class SpillFile {
  readonly #folder: string;
  /** One block: shared memory can be neither written nor read into. */
  readonly #block: Int32Array<ArrayBuffer>;
  readonly #free: number[] = [];
  #blocks = 0;
  #file: number | null = null;

  constructor(words: number, folder = tmpdir()) {
    this.#folder = folder;
    this.#block = new Int32Array(words);
  }

  /** Most bytes that were in the file at one time. */
  get bytes(): number {
    return this.#blocks * this.#block.byteLength;
  }

  /** Returns the place of the block. Errors: `SpillError`. */
  write(words: Words): number {
    const place = this.#free.pop() ?? this.#blocks++;
    const bytes = new Uint8Array(this.#block.buffer);
    const start = place * bytes.length;
    this.#block.set(words);
    this.#do((file) => {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(file, bytes, at, bytes.length - at, start + at);
      }
    });
    return place;
  }

  /** Errors: `SpillError`. */
  read(place: number, into: Words): void {
    const bytes = new Uint8Array(this.#block.buffer);
    const start = place * bytes.length;
    this.#do((file) => {
      for (let at = 0; at < bytes.length;) {
        const read = readSync(file, bytes, at, bytes.length - at, start + at);
        if (read === 0) throw new Error('the file was cut off');
        at += read;
      }
    });
    into.set(this.#block);
  }

  /** The block in this place is not needed any more. */
  free(place: number): void {
    this.#free.push(place);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #do(work: (file: number) => void): void {
    try {
      work((this.#file ??= this.#open()));
    } catch (error) {
      throw new SpillError(this.#folder, error as Error);
    }
  }

  #open(): number {
    const name = join(this.#folder, `kvm-mmu-check-${process.pid}-${spillFiles++}.states`);
    const file = openSync(name, 'wx+', 0o600);
    rmSync(name);
    return file;
  }
}

/** Files of this thread so far. */
let spillFiles = 0;
