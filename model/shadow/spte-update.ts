/**
 * Changing a present SPTE, and whether that owes a flush.
 *
 * Kernel: mmu_spte_update(), leaf_spte_change_needs_tlb_flush(). Lock: mmu_lock for write.
 */
import type { Kvm } from '../state.ts';
import { kvm_set_page_dirty } from '../host/frames.ts';
import { is_mmu_writable_spte, is_writable_pte, spte_to_pfn } from '../spte.ts';
import { oweProtect } from '../tlb/flush.ts';
import { warn } from './mmu-page.ts';

/**
 * mmu_spte_update(): present to present. Returns whether a flush is owed, which is when
 * MMU-writable goes away.
 */
export const mmu_spte_update = (kvm: Kvm, sp: number, index: number, new_spte: number): boolean => {
  const { spt } = kvm.sp.at(sp);
  const old_spte = spt.get(index);
  if (spte_to_pfn(old_spte) !== spte_to_pfn(new_spte)) warn(kvm, 'spte-update-changes-pfn');
  spt.set(index, new_spte);
  const loses = is_writable_pte(old_spte) && !is_writable_pte(new_spte);
  if (loses && kvm.rules.page_dirty === 'when-write-right-goes') {
    kvm_set_page_dirty(kvm, spte_to_pfn(old_spte), kvm.sp.at(sp).role.level);
  }
  const { update_flush } = kvm.rules;
  if (is_mmu_writable_spte(old_spte) && !is_mmu_writable_spte(new_spte)) {
    oweProtect(kvm, spte_to_pfn(old_spte), kvm.sp.at(sp).role.level);
    if (update_flush === 'mmu-writable') return true;
  }
  return update_flush === 'writable' && is_writable_pte(old_spte) && !is_writable_pte(new_spte);
};
