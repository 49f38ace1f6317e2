/**
 * The set of 64-bit fingerprints: 12 bytes an entry, in tables that are kept nearly full.
 *
 * The first byte of the low lane chooses one of 256 tables, the high lane the first slot in it; on
 * a collision the next slot is tried. Three arrays lie one behind the other in a table: the rest of
 * the low lane with a tag, the high lane, and the low lane of the parent. Tables may have any
 * number of slots, and entries lie in the order of their high lanes, nearly: growing by an eighth
 * goes through both tables from front to back. One table grows at a time.
 *
 * A tag is 0 in an empty slot, and tells the states of the level being found from all others.
 */

import type { Words } from './words.ts';

export const PARTS = 256;
export const PLANES = 3;
export const Tag = { old: 1, first: 2, last: 254, inWriting: 255 } as const;

const TAG_BITS = 8;
const TAG_MASK = 2 ** TAG_BITS - 1;
const FIRST_SLOTS = 256;
const GROWTH = 9 / 8;
/** Slots stay addressable by a word, in all three arrays. */
const SLOTS_MAX = 2 ** 28;

/** Part of the slots in use from which on a table grows, and when it cannot grow any more. */
const LOAD = 0.875;
const LOAD_TIGHT = 0.95;

/** What the inner loop knows of the tables: arrays by table. */
export class Parts {
  readonly tables: Words[] = [];
  readonly slots = new Int32Array(PARTS);
  /** First slot of a high lane: it times this. */
  readonly scales = new Float64Array(PARTS);

  put(part: number, table: Words): void {
    this.tables[part] = table;
    this.slots[part] = table.length / PLANES;
    this.scales[part] = table.length / PLANES / 2 ** 32;
  }
}

/** Enters all of a table into an empty one. */
export function moveEntries(from: Words, to: Words): void {
  const slots = from.length / PLANES;
  const wider = to.length / PLANES;
  const scale = wider / 2 ** 32;
  for (let slot = 0; slot < slots; slot++) {
    const mark = from[slot] as number;
    if (mark === 0) continue;
    const high = from[slots + slot] as number;
    let place = ((high >>> 0) * scale) | 0;
    while (to[place] !== 0) if (++place === wider) place = 0;
    to[place] = mark;
    to[wider + place] = high;
    to[2 * wider + place] = from[2 * slots + slot] as number;
  }
}

export interface FingerprintOptions {
  /** `null`: there is no room. */
  readonly allocate: (words: number) => Words | null;
  /** Says that so many bytes are out of use. */
  readonly free: (bytes: number) => void;
  /** States for which the first tables shall have room. */
  readonly expectedStates: number;
}

/** An entry, by table and slot. */
const handleOf = (part: number, slot: number): number => slot * PARTS + part;

export class Fingerprints {
  readonly parts = new Parts();
  /** By table: entries that may come before it must grow; shared with threads. */
  readonly room = new Int32Array(new SharedArrayBuffer(4 * PARTS));
  /** The tag of the states of the level being found. */
  fresh: number = Tag.old;
  readonly #options: FingerprintOptions;
  /** By table: entries at which there is no room. */
  readonly #limits = new Int32Array(PARTS);
  /** Slots that stay free in every table. */
  #margin = 1;
  #bytes = 0;

  constructor(options: FingerprintOptions) {
    this.#options = options;
    const each = Math.ceil(options.expectedStates / PARTS / (LOAD - 1 / 64));
    for (let part = 0; part < PARTS; part++) {
      const table = this.#allocate(Math.max(FIRST_SLOTS, each));
      this.put(part, table ?? new Int32Array(PLANES * FIRST_SLOTS));
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Puts a wider table, with the same entries, in the place of another. */
  put(part: number, table: Words): void {
    const old = this.parts.tables[part]?.byteLength ?? 0;
    this.parts.put(part, table);
    this.#bytes -= old;
    this.#options.free(old);
    this.#limit(part, LOAD);
  }

  #limit(part: number, load: number): void {
    const slots = this.parts.slots[part] ?? 0;
    const limit = Math.min(Math.floor(load * slots), slots - this.#margin);
    this.room[part] = (this.room[part] ?? 0) + limit - (this.#limits[part] ?? 0);
    this.#limits[part] = limit;
  }

  /** Keeps so many slots free in every table, for threads that notice late that it is full. */
  keepFree(slots: number): void {
    this.#margin = slots;
    for (let part = 0; part < PARTS; part++) this.#limit(part, LOAD);
  }

  /** A larger table for the entries of this one; `null` when there is no room for it. */
  widerTable(part: number): Words | null {
    const slots = this.parts.slots[part] ?? 0;
    const wider = Math.ceil(GROWTH * Math.max(slots, 3 * this.#margin));
    return wider > SLOTS_MAX ? null : this.#allocate(wider);
  }

  #allocate(slots: number): Words | null {
    const table = this.#options.allocate(PLANES * slots);
    this.#bytes += table?.byteLength ?? 0;
    return table;
  }

  /** Makes room in a table, if need be by filling it up. Returns `false` when it is full. */
  grow(part: number): boolean {
    const wider = this.widerTable(part);
    if (wider === null) return this.fillUp(part);
    moveEntries(this.parts.tables[part] as Words, wider);
    this.put(part, wider);
    return true;
  }

  /** Lets a table become fuller than is good for it. Returns whether there is room then. */
  fillUp(part: number): boolean {
    this.#limit(part, LOAD_TIGHT);
    return (this.room[part] ?? 0) > 0;
  }

  /** Tables with little room left. */
  nearlyFull(): number[] {
    const { slots } = this.parts;
    return [...slots.keys()].filter((part) => (this.room[part] ?? 0) <= (slots[part] ?? 0) / 32);
  }

  /** States found from now on belong to the next level. */
  beginLevel(): void {
    if (this.fresh === Tag.last) {
      for (const table of this.parts.tables) makeOld(table);
      this.fresh = Tag.old;
    }
    this.fresh++;
  }

  /** Enters a state that is not there, as of an earlier level. Returns `false` without room. */
  enter(low: number, high: number, parent: number): boolean {
    const part = low >>> 24;
    if ((this.room[part] ?? 0) <= 0 && !this.grow(part)) return false;
    const { table, slots, slot } = this.#seek(low, high);
    table[slot] = (low << TAG_BITS) | Tag.old;
    table[slots + slot] = high;
    table[2 * slots + slot] = parent;
    this.room[part] = (this.room[part] ?? 0) - 1;
    return true;
  }

  /** Makes a state that is there one of the level that will be found next. */
  freshen(low: number, high: number): void {
    const { table, slot } = this.#seek(low, high);
    table[slot] = ((table[slot] ?? 0) & ~TAG_MASK) | (this.fresh + 1);
  }

  /** Its entry; -1 when there is none. */
  find(low: number, high: number): number {
    const { table, slot } = this.#seek(low, high);
    return table[slot] === 0 ? -1 : handleOf(low >>> 24, slot);
  }

  /** The slot of a state, or the free one for it. */
  #seek(low: number, high: number): { table: Words; slots: number; slot: number } {
    const part = low >>> 24;
    const table = this.parts.tables[part] as Words;
    const slots = this.parts.slots[part] ?? 0;
    const mark = low << TAG_BITS;
    let slot = ((high >>> 0) * (this.parts.scales[part] ?? 0)) | 0;
    for (let known; (known = table[slot] ?? 0) !== 0;) {
      if (((known ^ mark) & ~TAG_MASK) === 0 && table[slots + slot] === high) break;
      if (++slot === slots) slot = 0;
    }
    return { table, slots, slot };
  }

  /** All entries with this low lane. */
  withLow(low: number): number[] {
    const part = low >>> 24;
    const table = this.parts.tables[part] as Words;
    const slots = this.parts.slots[part] ?? 0;
    const mark = low << TAG_BITS;
    const found: number[] = [];
    for (let slot = 0; slot < slots; slot++) {
      const known = table[slot] as number;
      if (known !== 0 && ((known ^ mark) & ~TAG_MASK) === 0) found.push(handleOf(part, slot));
    }
    return found;
  }

  highOf(handle: number): number {
    return this.#word(handle, 1);
  }

  parentOf(handle: number): number {
    return this.#word(handle, 2);
  }

  #word(handle: number, plane: number): number {
    const part = handle % PARTS;
    const slots = this.parts.slots[part] ?? 0;
    return this.parts.tables[part]?.[plane * slots + Math.floor(handle / PARTS)] ?? 0;
  }

  /** The entries of one table: low lane, high lane, low lane of the parent, and so on. */
  entriesOf(part: number): Int32Array {
    const table = this.parts.tables[part] as Words;
    const slots = this.parts.slots[part] ?? 0;
    const entries = new Int32Array(PLANES * slots);
    let end = 0;
    for (let slot = 0; slot < slots; slot++) {
      const mark = table[slot] as number;
      if (mark === 0) continue;
      entries[end] = (part << 24) | (mark >>> TAG_BITS);
      entries[end + 1] = table[slots + slot] as number;
      entries[end + 2] = table[2 * slots + slot] as number;
      end += PLANES;
    }
    return entries.subarray(0, end);
  }
}

function makeOld(table: Words): void {
  const slots = table.length / PLANES;
  for (let slot = 0; slot < slots; slot++) {
    const mark = table[slot] as number;
    if (mark !== 0) table[slot] = (mark & ~TAG_MASK) | Tag.old;
  }
}
