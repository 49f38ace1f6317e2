/**
 * The reverse map: from a gfn to every leaf that maps it.
 *
 * The key under which an entry is filed (the gfn that the caller mapped) and the key under which
 * it is removed (the gfn recorded beside the leaf) are computed apart, as in KVM.
 *
 * Kernel: rmap_add(), rmap_remove(), drop_spte(), rmap_write_protect(). Lock: mmu_lock for write.
 */
import type { Kvm, MmuPageView } from '../state.ts';
import {
  is_mmu_writable_spte,
  is_writable_pte,
  NO_SPTE,
  spte_to_pfn,
  writeProtected,
} from '../spte.ts';
import { oweUnmap } from '../tlb/flush.ts';
import { sptep_to_sp, spte_index, sptepOf, warn } from './mmu-page.ts';
import { mmu_spte_update } from './spte-update.ts';

/** kvm_mmu_page_get_gfn(): the gfn of the guest translation behind a leaf. */
export const kvm_mmu_page_get_gfn = (page: MmuPageView, index: number): number =>
  page.role.direct ? page.gfn + index : page.shadowed_gfn.get(index);

export const kvm_mmu_page_get_access = (page: MmuPageView, index: number): number =>
  page.role.direct ? page.role.access : page.shadowed_access.get(index);

/** __rmap_add(): record the translation beside the leaf and file the leaf under `gfn`. */
export const rmap_add = (
  kvm: Kvm,
  sp: number,
  index: number,
  gfn: number,
  access: number,
): void => {
  const page = kvm.sp.at(sp);
  if (kvm.rules.map_translation === 'gfn-and-access') page.shadowed_gfn.set(index, gfn);
  page.shadowed_access.set(index, access);
  kvm.rmap.at(gfn).add(sptepOf(kvm, sp, index));
};

const rmap_remove = (kvm: Kvm, sp: number, index: number): void => {
  const chain = kvm.rmap.at(kvm_mmu_page_get_gfn(kvm.sp.at(sp), index));
  const sptep = sptepOf(kvm, sp, index);
  if (!chain.has(sptep)) warn(kvm, 'rmap-entry-missing');
  chain.delete(sptep);
};

/**
 * drop_spte(): a present leaf becomes non-present and leaves its rmap.
 * Flush: owed for its frame before mmu_lock is dropped.
 */
export const drop_spte = (kvm: Kvm, sp: number, index: number): void => {
  const page = kvm.sp.at(sp);
  oweUnmap(kvm, spte_to_pfn(page.spt.get(index)));
  if (kvm.rules.drop_rmap === 'remove') rmap_remove(kvm, sp, index);
  page.spt.set(index, NO_SPTE);
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
export const kvm_mmu_slot_gfn_write_protect = (kvm: Kvm, gfn: number): boolean => {
  let flush = false;
  for (let rest = kvm.rmap.at(gfn).bits; rest !== 0; rest &= rest - 1) {
    const sptep = 31 - Math.clz32(rest & -rest);
    const sp = sptep_to_sp(kvm, sptep);
    const index = spte_index(kvm, sptep);
    const spte = kvm.sp.at(sp).spt.get(index);
    if (!is_writable_pte(spte) && !is_mmu_writable_spte(spte)) continue;
    if (mmu_spte_update(kvm, sp, index, writeProtected(spte))) flush = true;
  }
  return flush;
};
