/**
 * A breadth-first explorer of the shadow core and of nothing else, for comparison with the engine.
 *
 * This is what one writes for a single machine: the state is two words of bits, the transitions
 * are shifts and masks, visited states are in an open-addressing table. No layout, no views, no
 * symmetry, no limits. It keeps a link to the parent of each state as the engine does.
 */
import {
  GL,
  GONE,
  H,
  PENDING,
  SL,
  SP,
  SR,
  ST,
  SYNC,
  TF,
  UNSYNC,
  brokenInvariant,
  dropTlb,
  entryAt,
  get2,
  hashOf,
  put2,
  syncPage,
} from './hand-packed-state.ts';
import type { Fault, Preset } from './machines/shadow-core.ts';

/** What an exploration found. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** New states by level. */
  readonly levels: readonly number[];
  /** The first state that breaks an invariant: its number, 1 to 4, and the steps to it. */
  readonly violation: { readonly invariant: number; readonly steps: number } | null;
}

/** Explores all states of one preset, or up to the first that breaks an invariant. */
export class HandPacked {
  readonly #tables: number;
  readonly #frames: number;
  readonly #fault: Fault;
  #lo = new Int32Array(1 << 16);
  #hi = new Int32Array(1 << 16);
  #parent = new Int32Array(1 << 16);
  /** Index of a state + 1; twice to four times as many slots as states. */
  #table = new Int32Array(1 << 17);
  #count = 0;
  #transitions = 0;
  #from = -1;
  #broken = 0;

  constructor({ tables, frames }: Preset, fault: Fault = 0) {
    this.#tables = tables;
    this.#frames = frames;
    this.#fault = fault;
  }

  run(): Exploration {
    this.#add(0, 0);
    const levels = [1];
    let end = 1;
    for (let at = 0; at < this.#count && this.#broken === 0; at++) {
      if (at === end) {
        levels.push(this.#count - end);
        end = this.#count;
      }
      this.#expand(at);
    }
    const violation =
      this.#broken === 0 ? null : { invariant: this.#broken, steps: this.#pathLength() };
    const states = this.#count;
    return { states, transitions: this.#transitions, depth: levels.length - 1, levels, violation };
  }

  #pathLength(): number {
    let steps = 0;
    for (let at = this.#count - 1; at > 0; at = this.#parent[at] ?? 0) steps++;
    return steps;
  }

  #expand(at: number): void {
    this.#from = at;
    const lo = this.#lo[at] ?? 0;
    const hi = this.#hi[at] ?? 0;
    this.#guestWriteLeaf(lo, hi);
    this.#guestWriteRoot(lo, hi);
    this.#shadowFault(lo, hi);
    this.#tlbFill(lo, hi);
    this.#pageSteps(lo, hi);
    this.#invlpg(lo, hi);
    this.#flushAll(lo, hi);
    this.#hostSteps(lo, hi);
  }

  #guestWriteLeaf(lo: number, hi: number): void {
    for (let t = 0; t < this.#tables; t++) {
      for (let j = 0; j < 2; j++) {
        const at = entryAt(t, j);
        const old = get2(lo, GL + at);
        let owing = hi;
        if (old !== 0) {
          if (get2(lo, 0) === t + 1) owing |= 0x11 << (ST + j);
          if (get2(lo, 2) === t + 1) owing |= 0x11 << (ST + 2 + j);
        }
        const trapped = get2(lo, SP + 2 * t) === SYNC ? put2(lo, SL + at, 0) : lo;
        for (let v = 0; v <= this.#frames; v++) {
          if (v !== old) this.#reach(put2(trapped, GL + at, v), owing);
        }
      }
    }
  }

  #guestWriteRoot(lo: number, hi: number): void {
    for (let i = 0; i < 2; i++) {
      const old = get2(lo, 2 * i);
      let owing = hi;
      for (let j = 0; j < 2; j++) {
        if (old !== 0 && get2(lo, GL + entryAt(old - 1, j)) !== 0)
          owing |= 0x11 << (ST + 2 * i + j);
      }
      const unlinked = put2(lo, SR + 2 * i, 0);
      for (let v = 0; v <= this.#tables; v++) {
        if (v !== old) this.#reach(put2(unlinked, 2 * i, v), owing);
      }
    }
  }

  #shadowFault(lo: number, hi: number): void {
    for (let i = 0; i < 2; i++) {
      const t = get2(lo, 2 * i) - 1;
      if (t < 0) continue;
      const linked = get2(lo, SR + 2 * i) !== 0;
      for (let j = 0; j < 2; j++) {
        const at = entryAt(t, j);
        const frame = get2(lo, GL + at);
        if (frame === 0 || (frame === 1 && get2(hi, H) !== 0)) continue;
        if (linked && get2(lo, SL + at) !== 0) continue;
        let next = lo;
        if (!linked) {
          const sp = get2(lo, SP + 2 * t);
          if (sp === 0) next = put2(next, SP + 2 * t, SYNC);
          else if (sp === UNSYNC && this.#fault !== 1) next = syncPage(next, t);
          next = put2(next, SR + 2 * i, t + 1);
        }
        this.#reach(put2(next, SL + at, frame), hi);
      }
    }
  }

  #tlbFill(lo: number, hi: number): void {
    for (let i = 0; i < 2; i++) {
      const t = get2(lo, SR + 2 * i) - 1;
      if (t < 0) continue;
      for (let j = 0; j < 2; j++) {
        const frame = get2(lo, SL + entryAt(t, j));
        if (frame === 0) continue;
        const address = 2 * i + j + 1;
        for (let c = 0; c < 2; c++) {
          if (((hi >>> (3 * c)) & 7) === address) continue;
          this.#reach(lo, dropTlb(hi, c) | (address << (3 * c)) | (frame << (TF + 2 * c)));
        }
      }
    }
  }

  /** Unsync and ZapPage. */
  #pageSteps(lo: number, hi: number): void {
    for (let t = 0; t < this.#tables; t++) {
      const sp = get2(lo, SP + 2 * t);
      if (sp === 0) continue;
      if (sp === SYNC) this.#reach(put2(lo, SP + 2 * t, UNSYNC), hi);
      let next = put2(lo, SP + 2 * t, 0) & ~(15 << (SL + entryAt(t, 0)));
      if (get2(lo, SR) === t + 1) next = put2(next, SR, 0);
      if (get2(lo, SR + 2) === t + 1) next = put2(next, SR + 2, 0);
      this.#reach(next, dropTlb(dropTlb(hi, 0), 1));
    }
  }

  #invlpg(lo: number, hi: number): void {
    for (let c = 0; c < 2; c++) {
      for (let address = 0; address < 4; address++) {
        const owed = 1 << (ST + 4 * c + address);
        if ((hi & owed) === 0) continue;
        let next = lo;
        const t = get2(lo, SR + 2 * (address >>> 1)) - 1;
        if (t >= 0 && get2(lo, SP + 2 * t) === UNSYNC && this.#fault !== 2) {
          const at = entryAt(t, address & 1);
          if (get2(lo, SL + at) !== get2(lo, GL + at)) next = put2(lo, SL + at, 0);
        }
        const holds = ((hi >>> (3 * c)) & 7) === address + 1;
        this.#reach(next, (holds ? dropTlb(hi, c) : hi) & ~owed);
      }
    }
  }

  #flushAll(lo: number, hi: number): void {
    for (let c = 0; c < 2; c++) {
      if (((hi >>> (ST + 4 * c)) & 15) === 0) continue;
      let next = lo;
      for (let t = 0; t < this.#tables; t++) {
        const reachable = get2(lo, SR) === t + 1 || get2(lo, SR + 2) === t + 1;
        if (reachable && get2(lo, SP + 2 * t) === UNSYNC) next = syncPage(next, t);
      }
      this.#reach(next, dropTlb(hi, c) & ~(15 << (ST + 4 * c)));
    }
  }

  /** HostZap, HostFlush and HostMap: one of them is enabled. */
  #hostSteps(lo: number, hi: number): void {
    const h = get2(hi, H);
    if (h === GONE) return this.#reach(lo, put2(hi, H, 0));
    if (h === PENDING) {
      const owesAll = (c: number): boolean => ((hi >>> (ST + 4 * c)) & 15) === 15;
      const excused = this.#fault === 4 && owesAll(0) && !owesAll(1) && (hi & 7) !== 0;
      let next = put2(hi, H, GONE);
      if (get2(hi, TF) === 1) next = dropTlb(next, 0);
      if (get2(hi, TF + 2) === 1 && !excused) next = dropTlb(next, 1);
      return this.#reach(lo, next);
    }
    let next = lo;
    for (let at = SL; at < SL + 8; at += 2) if (get2(lo, at) === 1) next = put2(next, at, 0);
    this.#reach(next, put2(hi, H, this.#fault === 3 && next === lo ? GONE : PENDING));
  }

  /** A transition to a state: judges it when it is new. */
  #reach(lo: number, hi: number): void {
    this.#transitions++;
    if (this.#broken !== 0 || !this.#add(lo, hi)) return;
    this.#broken = brokenInvariant(lo, hi, this.#tables);
  }

  /** Returns whether the state is new. */
  #add(lo: number, hi: number): boolean {
    const mask = this.#table.length - 1;
    let slot = hashOf(lo, hi) & mask;
    for (;;) {
      const found = (this.#table[slot] ?? 0) - 1;
      if (found < 0) break;
      if (this.#lo[found] === lo && this.#hi[found] === hi) return false;
      slot = (slot + 1) & mask;
    }
    if (this.#count === this.#lo.length) this.#growStates();
    this.#lo[this.#count] = lo;
    this.#hi[this.#count] = hi;
    this.#parent[this.#count] = this.#from;
    this.#table[slot] = ++this.#count;
    if (2 * this.#count > this.#table.length) this.#growTable();
    return true;
  }

  #growStates(): void {
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const array = new Int32Array(old.length * 2);
      array.set(old);
      return array;
    };
    this.#lo = grown(this.#lo);
    this.#hi = grown(this.#hi);
    this.#parent = grown(this.#parent);
  }

  #growTable(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let at = 0; at < this.#count; at++) {
      let slot = hashOf(this.#lo[at] ?? 0, this.#hi[at] ?? 0) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = at + 1;
    }
    this.#table = table;
  }
}
