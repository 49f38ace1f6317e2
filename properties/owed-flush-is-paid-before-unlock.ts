/** Who changed what hardware may have cached flushes before dropping mmu_lock. */
import { isUnlocked } from '../model/shadow/lock.ts';
import { isFlushOwed } from '../model/tlb/flush.ts';
import { hex, stepProperty, type Kvm } from './property.ts';

const framesOf = (kvm: Kvm, kind: 'unmap' | 'protect'): string[] => {
  const pfns: string[] = [];
  for (let pfn = 0; pfn < kvm.geometry.pfns; pfn += 1) {
    if (kvm.ghost_owed[kind].has(pfn)) pfns.push(hex(pfn));
  }
  return pfns.length === 0 ? [] : [`${kind} pfn ${pfns.join(',')}`];
};

/** `unmap pfn 0x1,0x2; link`. */
const owedText = (kvm: Kvm): string => {
  const link = kvm.ghost_owed.link ? ['link'] : [];
  return [...framesOf(kvm, 'unmap'), ...framesOf(kvm, 'protect'), ...link].join('; ');
};

export const owedFlushIsPaidBeforeUnlock = stepProperty({
  id: 'owed-flush-is-paid-before-unlock',
  brief: 'F-UNMAP, F-PROT, F-LINK',
  says: 'When mmu_lock is dropped, no flush is owed for what was done under it.',
  why:
    'The next holder of mmu_lock takes write protection and freed frames for granted and does ' +
    'not flush again.',
  source: ['kvm_mmu_remote_flush_or_zap()', 'mmu_set_spte()', 'kvm_mmu_commit_zap_page()'],
  on: [
    'kvm_flush_remote_tlbs',
    'FNAME(page_fault)',
    'FNAME(fetch).recheck',
    'direct_page_fault.lock',
    'direct_map',
    'mmu_set_spte',
    'FNAME(pte_prefetch)',
    'mmu_try_to_unsync_pages.late',
    'mmu_sync_children.protect',
    'kvm_sync_page.sync_spte',
    'mmu_sync_children.yield',
    '__kvm_mmu_unprotect_gfn_and_retry',
    '__kvm_mmu_invalidate_addr',
    'kvm_inject_emulated_page_fault',
    'kvm_mmu_track_write',
    'kvm_mmu_free_obsolete_roots',
    'mmu_alloc_root',
    'kvm_mmu_notifier_invalidate_range_start',
    'kvm_mmu_notifier_invalidate_range_start.flush',
    'kvm_zap_gfn_range',
    'kvm_zap_gfn_range.flush',
    'kvm_mmu_zap_all.commit',
    'kvm_mmu_change_mmu_pages',
    'mmu_shrink_scan',
    'kvm_mmu_zap_oldest_mmu_pages.commit',
    'kvm_zap_obsolete_pages',
    'kvm_zap_obsolete_pages.yield',
    'kvm_zap_obsolete_pages.commit',
    'set_nx_huge_pages.zap',
    'kvm_recover_nx_huge_pages',
    'kvm_recover_nx_huge_pages.flush',
    'kvm_mmu_slot_leaf_clear_dirty',
    'kvm_mmu_slot_remove_write_access',
    'kvm_mmu_slot_remove_write_access.yield',
    'kvm_mmu_recover_huge_pages',
    'kvm_mmu_recover_huge_pages.yield',
    'kvm_mmu_recover_huge_pages.flush',
    'kvm_get_dirty_log_protect',
    'kvm_clear_dirty_log_protect',
    'shadow_mmu_try_split_huge_page',
    'shadow_mmu_try_split_huge_page.yield',
    'shadow_mmu_get_sp_for_split.commit',
    'shadow_mmu_split_huge_page.link',
    'shadow_mmu_try_split_huge_pages.flush',
    'shadow_mmu_try_split_huge_page.alloc_fails',
  ],
  applies: (before, after) => isUnlocked(after) && (isFlushOwed(before) || isFlushOwed(after)),
  check: (_before, after) => {
    if (!isUnlocked(after) || !isFlushOwed(after)) return null;
    return {
      message: 'mmu_lock is dropped while a flush is owed',
      where: { owed: owedText(after) },
    };
  },
  witness: { says: 'a flush is owed', reads: ['ghost_owed'], reached: isFlushOwed },
});
