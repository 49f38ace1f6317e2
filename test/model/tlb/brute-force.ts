/**
 * The decision procedure of the architecture, written down literally: a history of intervals per
 * guest entry, times of invalidations per vCPU, and a search for non-decreasing times.
 *
 * Shares nothing with the oracle of the model but words and `permits()`. Time is the number of
 * events so far; the entry at a given time is what a read at that time may return.
 */
import { permits, type AccessKind } from '../../../model/access.ts';
import { gpte_access, gpte_dirty, gpte_to_gfn, is_present_gpte } from '../../../model/gpte.ts';
import type { Geometry } from '../../../model/geometry.ts';

/** A value that an entry had from time `from` on, until `to`, exclusive. */
interface Interval {
  readonly value: number;
  readonly from: number;
  to: number;
}

interface Floors {
  /** Times at which the paging-structure caches were emptied, ascending. */
  readonly psc: number[];
  /** Per address, when its translation was last dropped. */
  readonly tlb: number[];
  /** gfn of the root table. */
  root: number;
  cr0_wp: boolean;
}

/** What a path of reads gives: the frame, the conjunction of rights, the leaf's dirty flag. */
interface Path {
  readonly gfn: number;
  readonly access: number;
  readonly dirty: boolean;
}

export class BruteForce {
  readonly #g: Geometry;
  readonly #entries: Interval[][];
  readonly #vcpus: Floors[];
  #now = 0;

  constructor(g: Geometry, memory: readonly (readonly number[])[], root: number) {
    this.#g = g;
    this.#entries = memory.flatMap((table) =>
      table.map((value) => [{ value, from: 0, to: Infinity }]),
    );
    this.#vcpus = Array.from({ length: g.vcpus }, () => ({
      psc: [0],
      tlb: Array.from({ length: g.entries ** g.levels }, () => 0),
      root,
      cr0_wp: true,
    }));
  }

  /** An entry changes; `oldVisible` keeps the old value readable until `retire()`. */
  store(gfn: number, index: number, value: number, oldVisible = false): () => void {
    this.#now += 1;
    const intervals = this.#entries[gfn * this.#g.entries + index] ?? [];
    const old = intervals.at(-1);
    if (old !== undefined && !oldVisible) old.to = this.#now;
    intervals.push({ value, from: this.#now, to: Infinity });
    return () => {
      this.#now += 1;
      if (old !== undefined && oldVisible) old.to = this.#now;
    };
  }

  invlpg(v: number, va: number): void {
    this.#now += 1;
    const vcpu = this.#floors(v);
    vcpu.psc.push(this.#now);
    vcpu.tlb[va] = this.#now;
  }

  movCr3(v: number, root: number): void {
    this.#now += 1;
    const vcpu = this.#floors(v);
    vcpu.psc.push(this.#now);
    vcpu.tlb.fill(this.#now);
    vcpu.root = root;
  }

  movCr0Wp(v: number): void {
    const vcpu = this.#floors(v);
    vcpu.cr0_wp = !vcpu.cr0_wp;
  }

  /** Whether some legal history of reads lets the access reach host frame `pfn`. */
  isAllowed(v: number, va: number, kind: AccessKind, pfn: number): boolean {
    const { cr0_wp } = this.#floors(v);
    return this.paths(v, va).some(
      ({ gfn, access, dirty }) =>
        this.#g.host_pfn[gfn] === pfn &&
        permits(access, kind, cr0_wp) &&
        (dirty || !kind.endsWith('w')),
    );
  }

  /** Every translation of `va` that may be cached, or read, now. */
  paths(v: number, va: number): readonly Path[] {
    const { psc, tlb, root } = this.#floors(v);
    const found: Path[] = [];
    // A translation is made when its leaf is read, from upper levels that no invalidation since
    // their own read has dropped, and is kept until its address is invalidated.
    for (let made = tlb[va] ?? 0; made <= this.#now; made += 1) {
      const floor = psc.findLast((time) => time <= made) ?? 0;
      this.#descend({ va, level: this.#g.levels, table: root, access: 7, made }, floor, found);
    }
    return found;
  }

  /** Whether a walk of the tables as they are now fails for the access. */
  failsNow(v: number, va: number, kind: AccessKind): boolean {
    const { root, cr0_wp } = this.#floors(v);
    let table = root;
    let access = 7;
    for (let level = this.#g.levels; level > 0; level -= 1) {
      const value = this.#intervals(table, va, level).at(-1)?.value ?? 0;
      if (!is_present_gpte(value)) return true;
      access &= gpte_access(value);
      table = gpte_to_gfn(value);
    }
    return !permits(access, kind, cr0_wp);
  }

  /** Errors: `RangeError` when there is no such vCPU. */
  #floors(v: number): Floors {
    const vcpu = this.#vcpus[v];
    if (vcpu === undefined) throw new RangeError(`there is no vCPU ${v}`);
    return vcpu;
  }

  #intervals(gfn: number, va: number, level: number): readonly Interval[] {
    const pfn = this.#g.host_pfn[gfn] ?? gfn;
    if (pfn >= this.#g.tables) return [];
    const index = Math.floor(va / this.#g.entries ** (level - 1)) % this.#g.entries;
    return this.#entries[pfn * this.#g.entries + index] ?? [];
  }

  /** Reads the entry at `level` at the earliest time from `earliest` on, for each value. */
  #descend(
    at: { va: number; level: number; table: number; access: number; made: number },
    earliest: number,
    found: Path[],
  ): void {
    for (const { value, from, to } of this.#intervals(at.table, at.va, at.level)) {
      if (!is_present_gpte(value)) continue;
      const gfn = gpte_to_gfn(value);
      const access = at.access & gpte_access(value);
      const time = at.level === 1 ? at.made : Math.max(from, earliest);
      if (time < from || time >= to || time > at.made || time < earliest) continue;
      if (at.level === 1) found.push({ gfn, access, dirty: gpte_dirty(value) });
      else this.#descend({ ...at, level: at.level - 1, table: gfn, access }, time, found);
    }
  }
}
