/**
 * What the hardware of a vCPU may use to translate an address: the ghost TLB, the shadow page
 * table from the loaded root, and the shadow page table from a cached upper entry.
 *
 * The hardware is adversarial: it loads an entry whenever the shadow page table has one, keeps it
 * until something flushes it, and uses whichever it likes. Manual: "Caching Translation
 * Information".
 */
import type { Kvm } from '../state.ts';
import { hasPml } from '../layout/dirty-log.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isWrite, type AccessKind } from '../access.ts';
import {
  hasPcids,
  isUnderOneEntry,
  pagesPerLeaf,
  PG_LEVEL_4K,
  tableIndex,
  rootLevel,
} from '../geometry.ts';
import { activePcid, permitsInMode } from '../modes.ts';
import { is_accessed_spte, setAccessed } from '../shadow/accessed.ts';
import {
  is_last_spte,
  isDirtyClear,
  is_shadow_present_pte,
  isTableSpte,
  leafAtOffset,
  NO_SPTE,
  spte_to_child_sp,
  spte_to_pfn,
  spteAccess,
} from '../spte.ts';

/**
 * Walks from table `sp` at `level`; returns the leaf SPTE, as one at 4K for the frame of `va`, or
 * `NO_SPTE`.
 */
const walkFrom = (kvm: Kvm, va: number, sp: number, level: number): number => {
  let table = sp;
  for (let l = level; l > 0; l -= 1) {
    const spte = kvm.sp.at(table).spt.get(tableIndex(kvm.geometry, va, l));
    if (is_last_spte(spte)) return leafAtOffset(spte, va % pagesPerLeaf(kvm.geometry, l));
    if (!isTableSpte(spte)) return NO_SPTE;
    table = spte_to_child_sp(spte);
  }
  return NO_SPTE;
};

/** The level of the leaf that `walkFrom` finds; 0 without one. */
const leafLevelFrom = (kvm: Kvm, va: number, sp: number, level: number): number => {
  let table = sp;
  for (let l = level; l > 0; l -= 1) {
    const spte = kvm.sp.at(table).spt.get(tableIndex(kvm.geometry, va, l));
    if (is_last_spte(spte)) return l;
    if (!isTableSpte(spte)) return 0;
    table = spte_to_child_sp(spte);
  }
  return 0;
};

/** Whether the leaf that the hardware of `v` loads for `va` is one above 4K. */
const loadsHuge = (kvm: Kvm, v: number, va: number): boolean => {
  const { ghost_psc, root } = kvm.vcpu.at(v);
  let level = root === null ? 0 : leafLevelFrom(kvm, va, root, rootLevel(kvm.geometry));
  for (let i = 0; i < ghost_psc.length && level === 0; i += 1) {
    const entry = ghost_psc.at(i);
    const covers = entry.valid && isUnderOneEntry(kvm.geometry, entry.va, va, entry.level);
    if (covers) level = leafLevelFrom(kvm, va, entry.sp, entry.level - 1);
  }
  return level > PG_LEVEL_4K;
};

/** The leaf that a hardware walk from the root finds, or `NO_SPTE`. */
export const walkFromRoot = (kvm: Kvm, v: number, va: number): number => {
  const { root } = kvm.vcpu.at(v);
  return root === null ? NO_SPTE : walkFrom(kvm, va, root, rootLevel(kvm.geometry));
};

/** The leaf found through paging-structure-cache entry `i`, or `NO_SPTE` when it does not cover. */
const walkFromCache = (kvm: Kvm, v: number, va: number, i: number): number => {
  const entry = kvm.vcpu.at(v).ghost_psc.at(i);
  if (!entry.valid) return NO_SPTE;
  if (!isUnderOneEntry(kvm.geometry, entry.va, va, entry.level)) return NO_SPTE;
  return walkFrom(kvm, va, entry.sp, entry.level - 1);
};

/** Whether what was loaded under a value of CR3 is tagged with the PCID that is active. */
const isOfActivePcid = (kvm: Kvm, v: number, cr3: number): boolean =>
  !kvm.vcpu.at(v).cr4_pcide || kvm.geometry.pcids[cr3] === activePcid(kvm, v);

/** One way in which the hardware could perform an access now. */
export interface Translation {
  readonly pfn: number;
  readonly access: number;
  readonly by: 'tlb' | 'walk' | 'paging-structure-cache';
}

/**
 * Every translation of `va` that the hardware of `v` could use for an access of this kind.
 * Order: retained ones first. Hardware runs with CR0.WP set, whatever the guest chose.
 */
export const usableTranslations = (
  kvm: Kvm,
  v: number,
  va: number,
  kind: AccessKind,
): readonly Translation[] => {
  const { ghost_tlb, ghost_psc } = kvm.vcpu.at(v);
  const found: Translation[] = [];
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    const { valid, pfn, access, clean, cr3 } = ghost_tlb.at(i);
    if (!valid || ghost_tlb.at(i).va !== va || !isOfActivePcid(kvm, v, cr3)) continue;
    if (mayUse(kvm, v, access, kind, clean)) {
      found.push({ pfn, access, by: 'tlb' });
    }
  }
  const fromRoot = walkFromRoot(kvm, v, va);
  if (allows(kvm, v, fromRoot, kind)) found.push(translation(fromRoot, 'walk'));
  for (let i = 0; i < ghost_psc.length; i += 1) {
    const spte = walkFromCache(kvm, v, va, i);
    if (spte !== fromRoot && allows(kvm, v, spte, kind)) {
      found.push(translation(spte, 'paging-structure-cache'));
    }
  }
  return found;
};

/** Whether the hardware of `v` lets the access through the leaf; it runs with CR0.WP set. */
export const allows = (kvm: Kvm, v: number, spte: number, kind: AccessKind): boolean =>
  is_shadow_present_pte(spte) && permitsInMode(kvm.vcpu.at(v), spteAccess(spte), kind, true);

const translation = (spte: number, by: Translation['by']): Translation => ({
  pfn: spte_to_pfn(spte),
  access: spteAccess(spte),
  by,
});

/** A translation loaded with the dirty flag clear does for no write: the flag comes first. */
const mayUse = (kvm: Kvm, v: number, access: number, kind: AccessKind, clean: boolean): boolean =>
  permitsInMode(kvm.vcpu.at(v), access, kind, true) && !(clean && isWrite(kind));

/** Whether `findUsablePfn` is to return this frame. */
type Wanted = (kvm: Kvm, v: number, va: number, kind: AccessKind, pfn: number) => boolean;

/** The first of the `usableTranslations` that `wanted` takes, without a list; -1 when none. */
export const findUsablePfn = (
  kvm: Kvm,
  v: number,
  va: number,
  kind: AccessKind,
  wanted: Wanted,
): number => {
  const { ghost_tlb, ghost_psc } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    const { valid, pfn, access, clean, cr3 } = ghost_tlb.at(i);
    if (!valid || ghost_tlb.at(i).va !== va || !isOfActivePcid(kvm, v, cr3)) continue;
    if (!mayUse(kvm, v, access, kind, clean)) continue;
    if (wanted(kvm, v, va, kind, pfn)) return pfn;
  }
  const fromRoot = walkFromRoot(kvm, v, va);
  if (allows(kvm, v, fromRoot, kind) && wanted(kvm, v, va, kind, spte_to_pfn(fromRoot))) {
    return spte_to_pfn(fromRoot);
  }
  for (let i = 0; i < ghost_psc.length; i += 1) {
    const spte = walkFromCache(kvm, v, va, i);
    if (!allows(kvm, v, spte, kind)) continue;
    if (wanted(kvm, v, va, kind, spte_to_pfn(spte))) return spte_to_pfn(spte);
  }
  return -1;
};

/** The first of `usableTranslations`; -1 when the access faults. */
export const firstUsablePfn = (kvm: Kvm, v: number, va: number, kind: AccessKind): number =>
  findUsablePfn(kvm, v, va, kind, any);

const any = (): boolean => true;

/** Whether the walk from the root ends at a leaf whose accessed flag is clear; sets it if asked. */
const markAccessed = (kvm: Kvm, v: number, va: number, set = false): boolean => {
  if (kvm.workload.budget.aging === 0) return false;
  let table = kvm.vcpu.at(v).root ?? 0;
  for (let level = rootLevel(kvm.geometry); level > 0; level -= 1) {
    const index = tableIndex(kvm.geometry, va, level);
    const spte = kvm.sp.at(table).spt.get(index);
    if (is_last_spte(spte)) {
      const clear = !is_accessed_spte(kvm, table, index);
      if (set && clear) setAccessed(kvm, table, index);
      return clear;
    }
    if (!isTableSpte(spte)) return false;
    table = spte_to_child_sp(spte);
  }
  return false;
};

const tlbFill: ModelTransition = {
  name: 'tlbFill',
  says: 'The hardware loads the translation of an address and retains it, replacing another one.',
  source: ['SDM "Caching Translation Information"'],
  over: ['v', 'va', 'slot'],
  at: 'guest',
  sure: never,
  step: (kvm, v, va, slot) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.pc !== 'guest') return false;
    if (!(kvm.workload.addresses?.includes(va) ?? true)) return false;
    let spte = walkFromRoot(kvm, v, va);
    for (let i = 0; i < vcpu.ghost_psc.length && spte === NO_SPTE; i += 1) {
      spte = walkFromCache(kvm, v, va, i);
    }
    if (spte === NO_SPTE) return false;
    const marks = markAccessed(kvm, v, va);
    const entry = vcpu.ghost_tlb.at(slot);
    const pfn = spte_to_pfn(spte);
    const access = spteAccess(spte);
    const huge = kvm.nx_huge_pages !== 'never' && loadsHuge(kvm, v, va);
    const clean = isDirtyClear(spte) && hasPml(kvm.geometry);
    const same = entry.valid && entry.va === va && entry.pfn === pfn && entry.access === access;
    const cr3 = hasPcids(kvm.geometry) ? vcpu.cr3 : 0;
    const loaded = entry.huge === huge && entry.clean === clean && entry.cr3 === cr3;
    if (same && loaded && !marks) return false;
    markAccessed(kvm, v, va, true);
    entry.valid = true;
    entry.va = va;
    entry.pfn = pfn;
    entry.access = access;
    entry.huge = huge;
    entry.clean = clean;
    entry.cr3 = cr3;
    return true;
  },
};

const pagingStructureCacheFill: ModelTransition = {
  name: 'pagingStructureCacheFill',
  says: 'The hardware retains an upper-level entry and enters the table below it directly.',
  source: ['SDM "Paging-Structure Caches"'],
  over: ['v', 'va', 'level'],
  at: 'guest',
  sure: never,
  needs: ({ geometry }) => geometry.psc_entries > 0,
  step: (kvm, v, va, level) => {
    const vcpu = kvm.vcpu.at(v);
    const { entries, levels } = kvm.geometry;
    if (vcpu.pc !== 'guest' || vcpu.root === null) return false;
    const cached = level + 2;
    if (va % entries ** (cached - 1) !== 0) return false;
    let sp = vcpu.root;
    for (let l = levels; l >= cached; l -= 1) {
      const spte = kvm.sp.at(sp).spt.get(tableIndex(kvm.geometry, va, l));
      if (!isTableSpte(spte)) return false;
      sp = spte_to_child_sp(spte);
    }
    const entry = vcpu.ghost_psc.at(0);
    if (entry.valid && entry.va === va && entry.level === cached && entry.sp === sp) return false;
    entry.valid = true;
    entry.va = va;
    entry.level = cached;
    entry.sp = sp;
    return true;
  },
};

export const hardwareTransitions: readonly ModelTransition[] = [tlbFill, pagingStructureCacheFill];
