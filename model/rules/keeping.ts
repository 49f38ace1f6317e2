/** Decisions of syncing, flushing, zapping, and of those who invalidate. */
import { rule } from './rule.ts';

export const keepingRules = {
  sync_peer_write: rule(
    ['refuse', 'allow'],
    'Whether an entry being synced may become writable when its gfn is itself shadowed unsync.',
    ['mmu_try_to_unsync_pages()', 'FNAME(sync_spte)'],
  ),
  sync_protect: rule(
    ['whole-batch', 'none'],
    'Whether the tables of collected unsync pages are write-protected before they are synced.',
    ['mmu_sync_children()'],
  ),
  sync_passes: rule(
    ['until-none', 'one'],
    'Whether collecting unsync pages is repeated until none is left, as a batch is bounded.',
    ['mmu_sync_children()'],
  ),
  sync_unmark: rule(
    ['cleared', 'kept'],
    'Whether a page that is synced is marked in sync; if not, the next pass collects it again.',
    ['kvm_unlink_unsync_page()', 'mmu_sync_children()'],
  ),
  sync_gfn_change: rule(
    ['drop', 'keep'],
    'What syncing does to a leaf whose guest entry now names another gfn.',
    ['FNAME(sync_spte)'],
  ),
  sync_accessed: rule(
    ['drop', 'keep'],
    'What syncing does to a leaf whose guest entry has its accessed flag cleared.',
    ['FNAME(sync_spte)', 'FNAME(prefetch_invalid_gpte)'],
  ),
  sync_access: rule(
    ['refresh', 'keep'],
    'Whether syncing an entry refreshes the access cached for it.',
    ['FNAME(sync_spte)', 'kvm_mmu_page_set_access()'],
  ),
  cr3_sync: rule(
    ['request', 'none'],
    'Whether MOV CR3 syncs the unsync pages below the root that it loads.',
    ['kvm_set_cr3()', 'kvm_invalidate_pcid()', 'kvm_mmu_sync_roots()'],
  ),
  cr3_root_count: rule(
    ['paired', 'kept'],
    'Whether a cached root that is pushed out of prev_roots is given back.',
    ['kvm_mmu_new_pgd()', 'kvm_mmu_free_roots()'],
  ),
  load_sync: rule(
    ['sync', 'none'],
    'Whether a root found again by gfn and role is synced when it is loaded.',
    ['kvm_mmu_load()', 'kvm_mmu_sync_roots()'],
  ),
  invlpg_sync: rule(
    ['all-roots', 'current-root', 'none'],
    'In which cached roots INVLPG syncs the entry of the address.',
    ['kvm_mmu_invlpg()', '__kvm_mmu_invalidate_addr()'],
  ),
  emulated_write: rule(
    ['tracked', 'untracked'],
    'Whether an emulated write to a shadowed table zaps what was built from the old value.',
    ['kvm_mmu_track_write()'],
  ),
  track_flush: rule(
    ['flush', 'none'],
    'Whether zapping a present entry for an emulated write is followed by a flush.',
    ['kvm_mmu_track_write()', 'kvm_mmu_remote_flush_or_zap()'],
  ),
  gfn_iteration: rule(
    ['valid-only', 'invalid-too'],
    'Whether an emulated write passes over shadow pages that are already invalid.',
    ['for_each_gfn_valid_sp_with_gptes()', 'kvm_mmu_track_write()'],
  ),
  zap_parent_links: rule(
    ['clear', 'leave'],
    'Whether zapping a shadow page clears the entries that lead to it.',
    ['kvm_mmu_unlink_parents()'],
  ),
  nested_orphans: rule(
    ['zapped', 'kept'],
    'Whether a page of a nested guest is zapped with the last entry that leads to it.',
    ['mmu_page_zap_pte()'],
  ),
  zap_list: rule(
    ['moved', 'left-on-active'],
    'Whether a zapped root that is still in use leaves the list of active pages.',
    ['__kvm_mmu_prepare_zap_page()'],
  ),
  zap_root_request: rule(
    ['all-vcpus', 'none'],
    'Whether zapping a root in use makes its users let go of it before they run on.',
    ['__kvm_mmu_prepare_zap_page()', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS'],
  ),
  remote_flush: rule(
    ['all-vcpus', 'in-guest-only', 'caller-only', 'active-pcid'],
    'Which vCPUs a flush reaches, and what of them; one outside the guest still holds what it ' +
      'cached, and each may hold what it cached for other PCIDs.',
    ['kvm_flush_remote_tlbs()', 'kvm_make_all_cpus_request()'],
  ),
  lockless_walkers: rule(
    ['waited-for', 'ignored'],
    'Whether a flush waits for those who walk the shadow page table without mmu_lock.',
    ['kvm_flush_remote_tlbs()', 'walk_shadow_page_lockless_begin()'],
  ),
  notifier_seq: rule(
    ['advanced', 'kept'],
    'Whether the end of an invalidation leaves a mark for faults that looked up before it.',
    ['kvm_mmu_invalidate_end()'],
  ),
  notifier_end: rule(
    ['withdrawn', 'kept', 'withdraws-all'],
    'Whether the end of an invalidation takes back what its start announced; `withdraws-all` ' +
      'takes back what other calls announced as well.',
    ['kvm_mmu_invalidate_end()', 'mmu_invalidate_in_progress'],
  ),
  change_pte: rule(
    ['gone', 'host-writable-only'],
    'What becomes of a leaf when the host makes its frame read-only: the invalidation around ' +
      'that zaps it, or it is changed in place and keeps MMU-writable.',
    ['kvm_mmu_notifier_change_pte() of 2024', 'kvm_unmap_gfn_range()'],
  ),
  notifier_overlap: rule(
    ['union', 'latest'],
    'What faults see while several invalidations are in progress: the smallest range that has ' +
      'all of them, or the range of the latest.',
    ['kvm_mmu_invalidate_range_add()', 'mmu_invalidate_retry_gfn()'],
  ),
  notifier_unmap: rule(['all-levels', '4k-only'], 'Leaves of which sizes the notifier zaps.', [
    'kvm_unmap_gfn_range()',
    'kvm_rmap_zap_gfn_range()',
  ]),
  notifier_flush_range: rule(
    ['everything', 'one-page'],
    'Whether the notifier flushes all that it zapped, or as much as if it were one small page.',
    ['kvm_handle_hva_range()', 'kvm_flush_remote_tlbs()'],
  ),
  notifier_flush: rule(
    ['before-return', 'none'],
    'Whether the notifier flushes what it zapped before the host may reuse the frame.',
    ['kvm_mmu_notifier_invalidate_range_start()', 'kvm_handle_hva_range()'],
  ),
  commit_zap: rule(
    ['flush-then-free', 'free-at-once'],
    'Whether vCPUs are made to drop what they cache of a zapped page before it is freed.',
    ['kvm_mmu_commit_zap_page()'],
  ),
} as const;
