/**
 * The reverse map: from a gfn to every leaf that maps it.
 *
 * The key under which an entry is filed (the gfn that the caller mapped) and the key under which
 * it is removed (the gfn recorded beside the leaf) are computed apart, as in KVM.
 *
 * Kernel: rmap_add(), rmap_remove(), drop_spte(), rmap_write_protect(). Lock: mmu_lock for write.
 */
import { kvm_set_page_dirty } from '../host/frames.ts';
import { lowestBit, withoutLowest } from '../bits.ts';
import { PG_LEVEL_4K, pagesPerLeaf } from '../geometry.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import {
  is_mmu_writable_spte,
  is_writable_pte,
  NO_SPTE,
  spte_to_pfn,
  withoutWrite,
  writeProtected,
} from '../spte.ts';
import { oweUnmap } from '../tlb/flush.ts';
import { setAccessed } from './accessed.ts';
import { takeObject } from './memory-cache.ts';
import { spte_index, sptepOf, sptep_to_sp, warn } from './mmu-page.ts';
import { rmapKey, rmapKeyIn } from './rmap-key.ts';
import { kvm_rmap_lock } from './rmap-lock.ts';
import { mmu_spte_update } from './spte-update.ts';

/** A leaf to be made: where, and for which guest translation. */
export interface Mapping {
  readonly sp: number;
  readonly index: number;
  readonly gfn: number;
  /** The host frame that the caller found behind it. */
  readonly pfn: number;
  readonly access: number;
  /** fault->map_writable: whether the host lets the guest write the frame. */
  readonly host_writable: boolean;
  /** Whether the slot, as the caller looked it up, logs dirty pages. */
  readonly log_dirty: boolean;
}

/** Where a leaf is, and the guest translation that is recorded beside it. */
type Translation = Pick<Mapping, 'sp' | 'index' | 'gfn' | 'access'>;

/** kvm_mmu_page_get_gfn(): the gfn of the guest translation behind a leaf. */
export const kvm_mmu_page_get_gfn = (kvm: Kvm, page: MmuPageView, index: number): number =>
  page.role.direct
    ? page.gfn + index * pagesPerLeaf(kvm.geometry, page.role.level)
    : page.shadowed_gfn.get(index);

export const kvm_mmu_page_get_access = (page: MmuPageView, index: number): number =>
  page.role.direct ? page.role.access : page.shadowed_access.get(index);

/**
 * kvm_mmu_page_set_translation(): a direct page has no array, its translations are computed; what
 * the caller maps must be what is computed.
 */
const kvm_mmu_page_set_translation = (kvm: Kvm, m: Translation): void => {
  const page = kvm.sp.at(m.sp);
  if (page.role.direct) {
    const same = kvm_mmu_page_get_gfn(kvm, page, m.index) === m.gfn;
    if (!same || page.role.access !== m.access) warn(kvm, 'translation-of-direct-page-differs');
    return;
  }
  if (kvm.rules.map_translation === 'gfn-and-access') page.shadowed_gfn.set(m.index, m.gfn);
  page.shadowed_access.set(m.index, m.access);
};

/** __rmap_add(): record the translation beside the leaf and file the leaf under its gfn. */
export const rmap_add = (kvm: Kvm, m: Translation): void => {
  kvm_mmu_page_set_translation(kvm, m);
  const key = rmapKeyIn(kvm, kvm.sp.at(m.sp), m.gfn);
  kvm_rmap_lock(kvm, key);
  if (kvm.rmap.at(key).bits !== 0) takeObject(kvm, 'mmu_pte_list_desc_cache');
  kvm.rmap.at(key).add(sptepOf(kvm, m.sp, m.index));
};

const rmap_remove = (kvm: Kvm, sp: number, index: number): void => {
  const page = kvm.sp.at(sp);
  const key = rmapKeyIn(kvm, page, kvm_mmu_page_get_gfn(kvm, page, index));
  const sptep = sptepOf(kvm, sp, index);
  kvm_rmap_lock(kvm, key);
  if (key >= kvm.rmap.length || !kvm.rmap.at(key).has(sptep)) warn(kvm, 'rmap-entry-missing');
  else kvm.rmap.at(key).delete(sptep);
};

/**
 * drop_spte(): a present leaf becomes non-present and leaves its rmap.
 * Flush: owed for its frames before mmu_lock is dropped.
 */
export const drop_spte = (kvm: Kvm, sp: number, index: number): void => {
  const page = kvm.sp.at(sp);
  const spte = page.spt.get(index);
  oweUnmap(kvm, spte_to_pfn(spte), page.role.level);
  if (is_writable_pte(spte) && kvm.rules.page_dirty !== 'when-mapped') {
    kvm_set_page_dirty(kvm, spte_to_pfn(spte), page.role.level);
  }
  page.spt.set(index, NO_SPTE);
  if (kvm.rules.drop_rmap === 'remove') rmap_remove(kvm, sp, index);
  setAccessed(kvm, sp, index);
  page.shadowed_gfn.set(index, 0);
  page.shadowed_access.set(index, 0);
};

/**
 * kvm_mmu_slot_gfn_write_protect(): no leaf that maps `gfn` stays writable or MMU-writable.
 * Returns whether a flush is owed, as decided for each leaf.
 *
 * One step: rights only shrink, so that whatever hardware loads in between it could have loaded
 * before.
 */
export const kvm_mmu_slot_gfn_write_protect = (
  kvm: Kvm,
  gfn: number,
  as_id = 0,
  min_level = PG_LEVEL_4K,
): boolean => {
  let flush = false;
  for (let level = min_level; level <= kvm.geometry.levels; level += 1) {
    const key = rmapKey(kvm, gfn, level, as_id);
    if (key < kvm.rmap.length && rmap_write_protect(kvm, key, true)) flush = true;
  }
  return flush;
};

/**
 * The protection of a guest table in the slot of one address space, of its page or of the vCPU that
 * syncs it. Leaves that map the frame in the other one are left alone: see docs/findings.md.
 */
export const protectTable = (kvm: Kvm, gfn: number, as_id: number): boolean => {
  const own = kvm_mmu_slot_gfn_write_protect(kvm, gfn, as_id);
  if (!kvm.geometry.smm || kvm.rules.table_protect_spaces === 'own') return own;
  return kvm_mmu_slot_gfn_write_protect(kvm, gfn, 1 - as_id) || own;
};

/**
 * rmap_write_protect() on one chain: for a guest table (`pt_protect`), or for the log of dirty
 * pages, after which a leaf may become writable again without further ado.
 */
export const rmap_write_protect = (kvm: Kvm, key: number, pt_protect: boolean): boolean => {
  const clears = pt_protect || kvm.rules.dirty_log_protect === 'clear-mmu-writable';
  if (kvm.costs !== undefined) kvm.costs.rmaps += 1;
  const all = pt_protect && kvm.rules.table_protect === 'mmu-writable-too';
  let flush = false;
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    const sp = sptep_to_sp(kvm, sptep);
    const index = spte_index(kvm, sptep);
    const spte = kvm.sp.at(sp).spt.get(index);
    if (!is_writable_pte(spte) && !(all && is_mmu_writable_spte(spte))) continue;
    const protectedSpte = clears ? writeProtected(spte) : withoutWrite(spte);
    if (mmu_spte_update(kvm, sp, index, protectedSpte)) flush = true;
  }
  return flush;
};
