/**
 * The decision procedure of the architecture, written down literally: a history of intervals per
 * guest entry, times of invalidations per vCPU, and a search for non-decreasing times.
 *
 * Shares nothing with the oracle of the model but words and `permits()`. Time is the number of
 * events so far; the entry at a given time is what a read at that time may return.
 */
import { ACC_USER_MASK, permits, type AccessKind } from '../../../model/access.ts';
import {
  gpte_access,
  gpte_accessed,
  gpte_dirty,
  gpte_to_gfn,
  is_present_gpte,
} from '../../../model/gpte.ts';
import type { Geometry } from '../../../model/geometry.ts';

/** A value that an entry had from time `from` on, until `to`, exclusive. */
interface Interval {
  readonly value: number;
  readonly from: number;
  to: number;
}

interface Vcpu {
  /** When upper entries were dropped from the paging-structure caches: all, or those of `va`. */
  readonly psc: { readonly time: number; readonly va: number | null }[];
  /** Per address, when its translation was last dropped. */
  readonly tlb: number[];
  /** gfn of the root table. */
  root: number;
  cr0_wp: boolean;
  smep: boolean;
  smap: boolean;
}

/** A table that an upper entry, read at `time`, leads to, with the rights of the path so far. */
interface Reached {
  readonly gfn: number;
  readonly time: number;
  readonly access: number;
}

/** What a whole path of reads gives: the frame, its rights, the leaf's dirty flag. */
export interface Path {
  readonly gfn: number;
  readonly access: number;
  readonly dirty: boolean;
}

export class BruteForce {
  readonly #g: Geometry;
  readonly #entries: Interval[][];
  readonly #vcpus: Vcpu[];
  #now = 0;

  constructor(g: Geometry, memory: readonly (readonly number[])[], root: number) {
    this.#g = g;
    this.#entries = memory.flatMap((table) =>
      table.map((value) => [{ value, from: 0, to: Infinity }]),
    );
    this.#vcpus = Array.from({ length: g.vcpus }, () => ({
      psc: [],
      tlb: Array.from({ length: g.entries ** g.levels }, () => 0),
      root,
      cr0_wp: true,
      smep: false,
      smap: false,
    }));
  }

  /** An entry changes; `oldVisible` keeps the old value readable until the function returned. */
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

  /** INVLPG: the translation of the address, and all paging-structure caches. */
  invlpg(v: number, va: number): void {
    this.#now += 1;
    const vcpu = this.#vcpu(v);
    vcpu.psc.push({ time: this.#now, va: null });
    vcpu.tlb[va] = this.#now;
  }

  /** A delivered #PF: the translation of the address, and the upper entries on the way to it. */
  fault(v: number, va: number): void {
    this.#now += 1;
    const vcpu = this.#vcpu(v);
    vcpu.psc.push({ time: this.#now, va });
    vcpu.tlb[va] = this.#now;
  }

  movCr3(v: number, root: number): void {
    this.#now += 1;
    const vcpu = this.#vcpu(v);
    vcpu.psc.push({ time: this.#now, va: null });
    vcpu.tlb.fill(this.#now);
    vcpu.root = root;
  }

  movCr0Wp(v: number): void {
    const vcpu = this.#vcpu(v);
    vcpu.cr0_wp = !vcpu.cr0_wp;
  }

  movCr4(v: number, bit: 'smep' | 'smap'): void {
    const vcpu = this.#vcpu(v);
    vcpu[bit] = !vcpu[bit];
  }

  /** Whether the rights of a whole path permit the access: a user page is one at every level. */
  #permits(access: number, v: number, kind: AccessKind): boolean {
    const { cr0_wp, smap, smep } = this.#vcpu(v);
    const bySupervisor: AccessKind = kind.startsWith('a') ? (kind === 'aw' ? 'sw' : 'sr') : kind;
    if (!permits(access, bySupervisor, cr0_wp)) return false;
    if ((access & ACC_USER_MASK) === 0) return true;
    if (kind === 'sx') return !smep;
    return !(kind === 'sr' || kind === 'sw') || !smap;
  }

  /** Whether one of `paths` lets an access of the kind reach host frame `pfn`. */
  isAllowed(paths: readonly Path[], v: number, kind: AccessKind, pfn: number): boolean {
    return paths.some(
      ({ gfn, access, dirty }) =>
        this.#g.host_pfn[gfn] === pfn &&
        this.#permits(access, v, kind) &&
        (dirty || !kind.endsWith('w')),
    );
  }

  /** Every translation of `va` that `v` may have cached, or may read, now. */
  paths(v: number, va: number): readonly Path[] {
    const found: Path[] = [];
    for (const table of this.#tables(v, va, 1)) {
      for (const { value, from, to } of this.#intervals(table.gfn, va, 1)) {
        if (!is_present_gpte(value) || !gpte_accessed(value)) continue;
        // The translation is made when the leaf is read, and kept until its address is dropped.
        for (let time = Math.max(from, table.time, this.#vcpu(v).tlb[va] ?? 0); ; time += 1) {
          if (time >= to || time > this.#now) break;
          if (!this.#kept(v, va, 2, table.time, time)) continue;
          const access = table.access & gpte_access(value);
          found.push({ gfn: gpte_to_gfn(value), access, dirty: gpte_dirty(value) });
          break;
        }
      }
    }
    return found;
  }

  /** Whether a walk that enters at a table cached above, or at the root, fails now. */
  mayFault(v: number, va: number, kind: AccessKind): boolean {
    for (let level = this.#g.levels; level > 0; level -= 1) {
      for (const table of this.#tables(v, va, level)) {
        if (!permits(table.access, kind, this.#vcpu(v).cr0_wp)) continue;
        // An entry that leads to data counts while it is current: then the level above fails.
        if ((this.#g.host_pfn[table.gfn] ?? 0) >= this.#g.tables) continue;
        if (!this.#kept(v, va, level + 1, table.time, this.#now)) continue;
        if (this.#failsBelow(table, { v, va, level, kind })) return true;
      }
    }
    return false;
  }

  /** The same for the tables as they are: no entry of a cache takes part. */
  failsNow(v: number, va: number, kind: AccessKind): boolean {
    const root = { gfn: this.#vcpu(v).root, time: this.#now, access: 7 };
    return this.#failsBelow(root, { v, va, level: this.#g.levels, kind });
  }

  #failsBelow(
    { gfn, access }: Reached,
    at: { v: number; va: number; level: number; kind: AccessKind },
  ): boolean {
    const level = at.level - 1;
    const values = this.#intervals(gfn, at.va, at.level).filter(({ to }) => to > this.#now);
    return (
      values.length === 0 ||
      values.some(({ value }) => {
        const below = access & gpte_access(value);
        if (!is_present_gpte(value) || !permits(below, at.kind, this.#vcpu(at.v).cr0_wp)) {
          return true;
        }
        if (level === 0 && !this.#permits(below, at.v, at.kind)) return true;
        const next = { gfn: gpte_to_gfn(value), time: this.#now, access: below };
        return level > 0 && this.#failsBelow(next, { ...at, level });
      })
    );
  }

  /** The tables that may hold the entry of `va` at `level`, and when that was read. */
  #tables(v: number, va: number, level: number): readonly Reached[] {
    if (level === this.#g.levels) return [{ gfn: this.#vcpu(v).root, time: 0, access: 7 }];
    const found = new Map<string, Reached>();
    for (const above of this.#tables(v, va, level + 1)) {
      for (const { value, from, to } of this.#intervals(above.gfn, va, level + 1)) {
        if (!is_present_gpte(value) || !gpte_accessed(value)) continue;
        const gfn = gpte_to_gfn(value);
        const access = above.access & gpte_access(value);
        for (let time = Math.max(from, above.time); time < to && time <= this.#now; time += 1) {
          if (!this.#kept(v, va, level + 2, above.time, time)) continue;
          found.set(`${gfn} ${access} ${time}`, { gfn, access, time });
        }
      }
    }
    return [...found.values()];
  }

  /** Whether the entry of `va` at `level`, cached at time `made`, may still be so at `time`. */
  #kept(v: number, va: number, level: number, made: number, time: number): boolean {
    // CR3 is no cache.
    if (level > this.#g.levels) return made >= 0;
    const span = this.#g.entries ** (level - 1);
    return !this.#vcpu(v).psc.some(
      (drop) =>
        drop.time > made &&
        drop.time <= time &&
        (drop.va === null || Math.floor(drop.va / span) === Math.floor(va / span)),
    );
  }

  /** Errors: `RangeError` when there is no such vCPU. */
  #vcpu(v: number): Vcpu {
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
}
