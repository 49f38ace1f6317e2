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
 * conjunction: a level either permits the kind or does not. What SMEP or SMAP forbids on user pages
 * needs, besides, one entry of the supervisor somewhere on the path. For such a kind the sets hold
 * what is reached by paths that have one already; those without are in the sets of the same kind
 * without that demand.
 *
 * A vCPU without paging has no sets, and one that clears CR0.PG loses them: an address leads to the
 * frame of that number, always.
 *
 * Modes. `lenient`: an emulated store counts as visible when KVM has zapped what was built from
 * the old value, a delivered #PF invalidates nothing, and a PCID that INVPCID names while another
 * one is active may be cached again at once. `strict`: the store is visible when memory changes, a
 * delivered #PF invalidates its address, and nothing is cached for a PCID that is not active.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import type { Kvm } from '../state.ts';
import type { JudgedKind } from '../judged-kinds.ts';
import { withoutAc, type AccessKind } from '../access.ts';
import { pcidCount, tableIndex } from '../geometry.ts';
import { gpte_to_gfn, is_large_pte, is_present_gpte } from '../gpte.ts';
import { activePcid, isBarredFromUserPages } from '../modes.ts';
import { pfnOf } from '../shadow/mmu-page.ts';
import {
  entryPermits,
  frameSet,
  frameSetsPerPcid,
  grow,
  isUserEntry,
  NONE,
  storers,
  tableSet,
  tableSetsPerPcid,
  tablesAbove,
  valueBy,
} from './allowed-sets.ts';

/** After every change of guest memory: all vCPUs may have read the new value. */
export const guestMemoryChanged = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) grow(kvm, v);
};

/** Drops what was read for a PCID. */
export const forgetPcid = (kvm: Kvm, v: number, pcid: number): void => {
  const { ghost_allowed_table, ghost_allowed_frame } = kvm.vcpu.at(v);
  const tables = tableSetsPerPcid(kvm);
  const frames = frameSetsPerPcid(kvm);
  for (let i = 0; i < tables; i += 1) ghost_allowed_table.at(pcid * tables + i).bits = 0;
  for (let i = 0; i < frames; i += 1) ghost_allowed_frame.at(pcid * frames + i).bits = 0;
};

/** MOV CR3 and INVPCID: nothing read before for the active PCID counts any more. */
export const resetAllowed = (kvm: Kvm, v: number): void => {
  forgetPcid(kvm, v, activePcid(kvm, v));
  grow(kvm, v);
};

/** INVPCID of all contexts, and CR4.PCIDE cleared: nothing read before counts for any PCID. */
export const resetAllowedAll = (kvm: Kvm, v: number): void => {
  for (let pcid = 0; pcid < pcidCount(kvm.geometry); pcid += 1) forgetPcid(kvm, v, pcid);
  grow(kvm, v);
};

/**
 * In the lenient mode what was invalidated of a PCID that is not active may be cached again at
 * once, by the value of CR3 that a root is cached for.
 */
export const cacheAgain = (kvm: Kvm, v: number, pcid: number): void => {
  if (kvm.oracle === 'strict') return;
  const vcpu = kvm.vcpu.at(v);
  const { cr3, prev_root } = vcpu;
  for (let i = 0; i < prev_root.length; i += 1) {
    const cached = prev_root.at(i);
    if (cached.sp === null || kvm.geometry.pcids[cached.cr3] !== pcid) continue;
    vcpu.cr3 = cached.cr3;
    grow(kvm, v);
  }
  vcpu.cr3 = cr3;
};

/** MOV CR3 that flushes nothing: what the PCID had cached counts, and what can be read now. */
export const keepAllowed = (kvm: Kvm, v: number): void => {
  grow(kvm, v);
};

/**
 * INVLPG, and INVPCID of an address: the translation of one address, and all of the
 * paging-structure caches of the PCID.
 */
export const resetAllowedAddress = (
  kvm: Kvm,
  v: number,
  va: number,
  pcid = activePcid(kvm, v),
): void => {
  const { ghost_allowed_table } = kvm.vcpu.at(v);
  const tables = tableSetsPerPcid(kvm);
  for (let i = 0; i < tables; i += 1) ghost_allowed_table.at(pcid * tables + i).bits = 0;
  forgetFrames(kvm, v, va, pcid);
  grow(kvm, v);
};

/** A delivered #PF: the translation of its address, and the cached entries on the way to it. */
export const resetAllowedPath = (kvm: Kvm, v: number, va: number): void => {
  const { ghost_allowed_table } = kvm.vcpu.at(v);
  const kinds = kvm.judgedKinds.length;
  for (let level = kvm.geometry.levels; level > 1; level -= 1) {
    const prefix = tableSet(kvm, v, va, level, 0);
    for (let k = 0; k < kinds; k += 1) ghost_allowed_table.at(prefix + k).bits = 0;
  }
  forgetFrames(kvm, v, va);
  grow(kvm, v);
};

const forgetFrames = (kvm: Kvm, v: number, va: number, pcid = activePcid(kvm, v)): void => {
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  const first = pcid * frameSetsPerPcid(kvm) + va * kvm.judgedKinds.length;
  for (let k = 0; k < kvm.judgedKinds.length; k += 1) ghost_allowed_frame.at(first + k).bits = 0;
};

/** Index of the kind that judges an access of `kind` made by `v` now. */
const judgedIndex = (kvm: Kvm, v: number, kind: AccessKind): number => {
  const vcpu = kvm.vcpu.at(v);
  const judged = withoutAc(kind);
  const wp = vcpu.cr0_wp || judged !== 'sw';
  const nx = !vcpu.efer_nx_clear;
  const barred = isBarredFromUserPages(vcpu, kind);
  const kinds = kvm.judgedKinds;
  for (let k = 0; k < kinds.length; k += 1) {
    const j = kinds[k] as JudgedKind;
    const isMode = j.cr0_wp === wp && j.efer_nx === nx && j.supervisorOnly === barred;
    if (isMode && j.kind === judged) return k;
  }
  return -1;
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
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  const set = ghost_allowed_frame.at(frameSet(kvm, v, va, judgedIndex(kvm, v, kind)));
  for (let rest = set.bits; rest !== 0; rest = withoutLowest(rest)) {
    if (pfnOf(kvm, lowestBit(rest)) === pfn) return true;
  }
  return false;
};

/**
 * Whether the guest's tables justify a #PF on the access now: at some level the entry fails, in
 * some table that may be cached above it or that the walk reads now. A walk passes entries whose
 * accessed flag is clear. Manual: "Page-Fault Exceptions".
 *
 * Of what SMEP or SMAP forbids on user pages, a path of user entries fails as well. Tables cached
 * above are taken for such as can be reached so, which may justify too much.
 */
export const isFaultJustified = (kvm: Kvm, v: number, va: number, kind: AccessKind): boolean => {
  const g = kvm.geometry;
  if (kvm.vcpu.at(v).cr0_pg_clear) return false;
  const judged = kvm.judgedKinds[judgedIndex(kvm, v, kind)];
  if (judged === undefined) return false;
  let readNow = 0;
  let userNow = 0;
  for (let level = g.levels; level > 0; level -= 1) {
    const index = tableIndex(g, va, level);
    const cached = tablesAbove(kvm, v, va, level, judged.plain);
    const byUser = cached | userNow;
    const tables = cached | readNow;
    readNow = 0;
    userNow = 0;
    for (let rest = tables; rest !== 0; rest = withoutLowest(rest)) {
      for (let by = -1; by < storers(kvm); by += 1) {
        const pte = valueBy(kvm, lowestBit(rest), index, by);
        if (pte === NONE) continue;
        const pfn = g.host_pfn[gpte_to_gfn(pte)] ?? g.tables;
        const leads = level > 1 && is_present_gpte(pte) && !is_large_pte(pte);
        if (!entryPermits(pte, judged) || (leads && pfn >= g.tables)) return true;
        const user = (byUser & rest & -rest) !== 0 && isUserEntry(pte);
        if (!leads && user && judged.supervisorOnly) return true;
        if (!leads) continue;
        readNow |= 1 << pfn;
        if (user) userNow |= 1 << pfn;
      }
    }
  }
  return false;
};
