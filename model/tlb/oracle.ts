/**
 * The oracle: which translations the architecture lets a vCPU use.
 *
 * For each vCPU the model keeps, per upper-level prefix, the set of tables that some legal
 * processor could hold in its paging-structure caches, and per address the set of frames that it
 * could hold in its TLB, since the last invalidation that covers them. Both only grow until then:
 * whenever guest memory changes, every set takes in what can now be read through the tables that
 * may be cached above it. That is the existence of non-decreasing times of section "Caching
 * Translation Information" of the SDM, computed forwards.
 *
 * Sets are kept per kind of access, because for a fixed kind the rights of a path are a plain
 * conjunction: a level either permits the kind or does not.
 *
 * A vCPU without paging has no sets: an address leads to the frame of that number, always.
 *
 * Modes. `lenient`: an emulated store counts as visible when KVM has zapped what was built from
 * the old value, and a delivered #PF invalidates nothing. `strict`: the store is visible when
 * memory changes, and a delivered #PF invalidates its address.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import type { Kvm } from '../state.ts';
import type { JudgedKind } from '../judged-kinds.ts';
import { isWrite, permits, type AccessKind } from '../access.ts';
import { addressCount, pagesPerLeaf, prefixOf, tableIndex } from '../geometry.ts';
import {
  gpte_access,
  gpte_accessed,
  gpte_dirty,
  gpte_to_gfn,
  is_large_pte,
  is_rsvd_bits_set,
  is_present_gpte,
} from '../gpte.ts';
import { pfnOf, readGuest } from '../shadow/mmu-page.ts';

const entryPermits = (pte: number, { kind, cr0_wp, efer_nx }: JudgedKind): boolean => {
  if (!is_present_gpte(pte) || is_rsvd_bits_set(pte, efer_nx)) return false;
  return permits(gpte_access(pte), kind, cr0_wp);
};

/** Nothing is cached or used whose accessed flag is clear: whoever uses it sets the flag first. */
const mayBeUsed = (pte: number, kind: JudgedKind): boolean =>
  entryPermits(pte, kind) && gpte_accessed(pte);

/** A write needs the dirty flag of the leaf, which whoever performs it has set before. */
const leafMayBeUsed = (pte: number, kind: JudgedKind): boolean =>
  mayBeUsed(pte, kind) && (gpte_dirty(pte) || !isWrite(kind.kind));

/** No value: what `valueBy` returns for a vCPU that has no store in flight to the entry. */
const NONE = -1;

/**
 * A value that the architecture lets the entry have now: what memory holds (`by` is -1), or what it
 * held before the emulated store that vCPU `by` has in flight. Callers go through all of them.
 */
const valueBy = (kvm: Kvm, gfn: number, index: number, by: number): number => {
  if (by < 0) return readGuest(kvm, gfn, index);
  const { emulated } = kvm.vcpu.at(by);
  const isHere = emulated.pending && emulated.gfn === gfn && emulated.index === index;
  return isHere ? emulated.old : NONE;
};

/** The vCPUs whose stores in flight leave two values: none under the strict oracle. */
const storers = (kvm: Kvm): number => (kvm.oracle === 'strict' ? 0 : kvm.vcpu.length);

/** Lets the sets of `v` take in all that can be read now. */
const grow = (kvm: Kvm, v: number): void => {
  if (kvm.vcpu.at(v).cr0_pg_clear) return;
  const g = kvm.geometry;
  const kinds = kvm.judgedKinds;
  for (let k = 0; k < kinds.length; k += 1) {
    const kind = kinds[k];
    if (kind === undefined) continue;
    for (let level = g.levels; level > 1; level -= 1) growTables(kvm, v, level, k, kind);
    growFrames(kvm, v, k, kind);
  }
};

const growTables = (kvm: Kvm, v: number, level: number, k: number, kind: JudgedKind): void => {
  const g = kvm.geometry;
  const { ghost_allowed_table } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  const span = g.entries ** (level - 1);
  for (let va = 0; va < addressCount(g); va += span) {
    const set = ghost_allowed_table.at(prefixOf(g, va, level) * kinds + k);
    const index = tableIndex(g, va, level);
    for (let rest = tablesAbove(kvm, v, va, level, k); rest !== 0; rest = withoutLowest(rest)) {
      for (let by = -1; by < storers(kvm); by += 1) {
        const pte = valueBy(kvm, lowestBit(rest), index, by);
        if (pte === NONE || !mayBeUsed(pte, kind)) continue;
        if (is_large_pte(pte)) {
          growLarge(kvm, v, va, level, k, pte, kind);
          continue;
        }
        const pfn = g.host_pfn[gpte_to_gfn(pte)] ?? g.tables;
        if (pfn < g.tables) set.add(pfn);
      }
    }
  }
};

/** A leaf above 4K: every address below it takes in its frame of the run. */
const growLarge = (
  kvm: Kvm,
  v: number,
  va: number,
  level: number,
  k: number,
  pte: number,
  kind: JudgedKind,
): void => {
  if (!leafMayBeUsed(pte, kind)) return;
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (let i = 0; i < pagesPerLeaf(kvm.geometry, level); i += 1) {
    ghost_allowed_frame.at((va + i) * kinds + k).add(gpte_to_gfn(pte) + i);
  }
};

const growFrames = (kvm: Kvm, v: number, k: number, kind: JudgedKind): void => {
  const g = kvm.geometry;
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (let va = 0; va < addressCount(g); va += 1) {
    const set = ghost_allowed_frame.at(va * kinds + k);
    const index = tableIndex(g, va, 1);
    for (let rest = tablesAbove(kvm, v, va, 1, k); rest !== 0; rest = withoutLowest(rest)) {
      for (let by = -1; by < storers(kvm); by += 1) {
        const pte = valueBy(kvm, lowestBit(rest), index, by);
        if (pte !== NONE && leafMayBeUsed(pte, kind)) set.add(gpte_to_gfn(pte));
      }
    }
  }
};

/** The tables that may hold the entry of `va` at `level`, as a set of frames. */
const tablesAbove = (kvm: Kvm, v: number, va: number, level: number, k: number): number => {
  const g = kvm.geometry;
  const vcpu = kvm.vcpu.at(v);
  if (level === g.levels) return 1 << (g.cr3[vcpu.cr3] ?? 0);
  return vcpu.ghost_allowed_table.at(prefixOf(g, va, level + 1) * kvm.judgedKinds.length + k).bits;
};

/** After every change of guest memory: all vCPUs may have read the new value. */
export const guestMemoryChanged = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) grow(kvm, v);
};

/** MOV CR3: nothing read before counts any more. */
export const resetAllowed = (kvm: Kvm, v: number): void => {
  const { ghost_allowed_table, ghost_allowed_frame } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_allowed_table.length; i += 1) ghost_allowed_table.at(i).bits = 0;
  for (let i = 0; i < ghost_allowed_frame.length; i += 1) ghost_allowed_frame.at(i).bits = 0;
  grow(kvm, v);
};

/** INVLPG: the translation of one address, and all of the paging-structure caches. */
export const resetAllowedAddress = (kvm: Kvm, v: number, va: number): void => {
  const { ghost_allowed_table } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_allowed_table.length; i += 1) ghost_allowed_table.at(i).bits = 0;
  forgetFrames(kvm, v, va);
  grow(kvm, v);
};

/** A delivered #PF: the translation of its address, and the cached entries on the way to it. */
export const resetAllowedPath = (kvm: Kvm, v: number, va: number): void => {
  const g = kvm.geometry;
  const { ghost_allowed_table } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (let level = g.levels; level > 1; level -= 1) {
    const prefix = prefixOf(g, va, level) * kinds;
    for (let k = 0; k < kinds; k += 1) ghost_allowed_table.at(prefix + k).bits = 0;
  }
  forgetFrames(kvm, v, va);
  grow(kvm, v);
};

const forgetFrames = (kvm: Kvm, v: number, va: number): void => {
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (let k = 0; k < kinds; k += 1) ghost_allowed_frame.at(va * kinds + k).bits = 0;
};

/** Index of the kind that judges an access of `kind` made by `v` now. */
const judgedIndex = (kvm: Kvm, v: number, kind: AccessKind): number => {
  const { cr0_wp, efer_nx_clear } = kvm.vcpu.at(v);
  const wp = cr0_wp || kind !== 'sw';
  const fits = (j: JudgedKind): boolean =>
    j.kind === kind && j.cr0_wp === wp && j.efer_nx !== efer_nx_clear;
  return kvm.judgedKinds.findIndex(fits);
};

/**
 * WRMSR clears EFER.NX: nothing is invalidated. What was cached while the execute-disable bit was
 * not reserved may be used until the guest flushes.
 */
export const keepAllowedWithoutNx = (kvm: Kvm, v: number): void => {
  const { ghost_allowed_table, ghost_allowed_frame } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (const sets of [ghost_allowed_table, ghost_allowed_frame]) {
    for (let i = 0; i < sets.length; i += 1) {
      const k = i % kinds;
      if (k >= kinds / 2) sets.at(i).bits |= sets.at(i - kinds / 2).bits;
    }
  }
};

/** Whether an access of `v` that reached host frame `pfn` is one that the architecture allows. */
export const isAllowed = (
  kvm: Kvm,
  v: number,
  va: number,
  kind: AccessKind,
  pfn: number,
): boolean => {
  if (kvm.vcpu.at(v).cr0_pg_clear) return pfnOf(kvm, va) === pfn;
  const kinds = kvm.judgedKinds.length;
  const set = kvm.vcpu.at(v).ghost_allowed_frame.at(va * kinds + judgedIndex(kvm, v, kind));
  for (let rest = set.bits; rest !== 0; rest = withoutLowest(rest)) {
    if (pfnOf(kvm, lowestBit(rest)) === pfn) return true;
  }
  return false;
};

/**
 * Whether the guest's tables justify a #PF on the access now: at some level the entry fails, in
 * some table that may be cached above it or that the walk reads now. A walk passes entries whose
 * accessed flag is clear. Manual: "Page-Fault Exceptions".
 */
export const isFaultJustified = (kvm: Kvm, v: number, va: number, kind: AccessKind): boolean => {
  const g = kvm.geometry;
  if (kvm.vcpu.at(v).cr0_pg_clear) return false;
  const k = judgedIndex(kvm, v, kind);
  const judged = kvm.judgedKinds[k] ?? { kind, cr0_wp: true, efer_nx: true };
  let readNow = 0;
  for (let level = g.levels; level > 0; level -= 1) {
    const index = tableIndex(g, va, level);
    const tables = readNow | tablesAbove(kvm, v, va, level, k);
    readNow = 0;
    for (let rest = tables; rest !== 0; rest = withoutLowest(rest)) {
      for (let by = -1; by < storers(kvm); by += 1) {
        const pte = valueBy(kvm, lowestBit(rest), index, by);
        if (pte === NONE) continue;
        const pfn = g.host_pfn[gpte_to_gfn(pte)] ?? g.tables;
        const leads = level > 1 && is_present_gpte(pte) && !is_large_pte(pte);
        if (!entryPermits(pte, judged) || (leads && pfn >= g.tables)) return true;
        if (leads) readNow |= 1 << pfn;
      }
    }
  }
  return false;
};
