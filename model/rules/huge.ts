/** Decisions about huge pages that must not be executable. */
import { rule } from './rule.ts';

export const hugeRules = {
  max_level: rule(
    ['least', 'host-above-4k'],
    'Whether a leaf above 4K is bounded by guest and shadowed tables at each level, or by the ' +
      'host alone once it may be above 4K.',
    ['kvm_mmu_max_mapping_level()'],
  ),
  notifier_range: rule(
    ['whole-leaf', 'one-page'],
    'Whether the host announces a change of the size of its leaf for all of the leaf.',
    ['host_pfn_mapping_level()', 'Documentation/virt/kvm/locking.rst'],
  ),
  own_table_fault: rule(
    ['level-after-tables', 'zapped-first'],
    'When a fault decides on the level of a write to a table on its own way: after the tables ' +
      'are shadowed, which forbids a huge page there; or before, with the shadow pages of the ' +
      'target zapped first, as Linux 3.8 did while an event was delivered.',
    ['FNAME(fetch)', 'kvm_mmu_hugepage_adjust()', 'commit 7751babd3c6d (2013)'],
  ),
  prefetch_accessed: rule(
    ['required', 'ignored'],
    'Whether an entry is prefetched only if its accessed flag is set.',
    ['FNAME(prefetch_invalid_gpte)'],
  ),
  prefetch_dirty: rule(
    ['required', 'ignored'],
    'Whether an entry is prefetched writable only if its dirty flag is set.',
    ['FNAME(prefetch_gpte)', 'FNAME(protect_clean_gpte)'],
  ),
  prefetch_write: rule(
    ['synced-refused', 'granted'],
    'Whether a gfn that a page in sync shadows is prefetched read-only.',
    ['mmu_try_to_unsync_pages()', 'FNAME(prefetch_gpte)'],
  ),
  prefetch_present: rule(
    ['passed-over', 'overwritten'],
    'Whether a prefetch leaves an entry alone that maps something already.',
    ['mmu_set_spte()', 'direct_pte_prefetch()', 'commit 1a175082b190 (2024)'],
  ),
  prefetch_frame: rule(
    ['writable-only', 'any'],
    'Whether frames that the host maps read-only are prefetched, as if they could be written.',
    ['kvm_mmu_prefetch_sptes()', 'kvm_prefetch_pages()'],
  ),
  prefetch_invalidation: rule(
    ['skipped', 'prefetched'],
    'Whether nothing is prefetched while an invalidation is in progress.',
    ['FNAME(pte_prefetch)', 'direct_pte_prefetch()'],
  ),
  nx_leaf: rule(
    ['not-executable', 'executable'],
    'Whether a leaf above 4K is made executable while the NX huge page mitigation is on.',
    ['make_spte()'],
  ),
  nx_exec_fault: rule(
    ['split', 'keep-huge'],
    'Whether an instruction fetch below a huge page goes down to 4K under the mitigation.',
    ['kvm_mmu_hugepage_adjust()'],
  ),
  nx_table: rule(
    ['kept', 'replaced'],
    'Whether a table that exists because of the mitigation survives a fault that could map huge.',
    ['disallowed_hugepage_adjust()'],
  ),
  nx_track: rule(
    ['once', 'again'],
    'Whether a page that is on the list of possible huge pages is counted again.',
    ['track_possible_nx_huge_page()'],
  ),
  nx_possible: rule(
    ['requested-level', 'always'],
    'Which pages are listed for recovery: those that could be huge but for the mitigation, or all.',
    ['account_nx_huge_page()', 'FNAME(fetch)'],
  ),
  nx_unaccount: rule(
    ['paired', 'kept'],
    'Whether zapping a page takes it off the list of possible huge pages.',
    ['__kvm_mmu_prepare_zap_page()', 'unaccount_nx_huge_page()'],
  ),
  nx_toggle: rule(
    ['zap-all', 'store-only'],
    'Whether switching the mitigation zaps what was mapped before.',
    ['set_nx_huge_pages()'],
  ),
  nx_recover_flush: rule(
    ['before-unlock', 'none'],
    'Whether the recovery worker flushes and frees what it zapped before it drops mmu_lock.',
    ['kvm_recover_nx_huge_pages()', 'kvm_mmu_remote_flush_or_zap()'],
  ),
} as const;
