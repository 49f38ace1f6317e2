/** Decisions of a fault: what it trusts, and what it maps. */
import { rule } from './rule.ts';

export const mappingRules = {
  gpte_recheck: rule(
    ['always', 'new-page-only', 'never'],
    'When the guest entry is read again under mmu_lock before it is acted upon.',
    ['FNAME(gpte_changed)', 'FNAME(fetch)'],
  ),
  walk_cr0_wp: rule(
    ['current', 'stale'],
    'Whether the permission check of a guest walk knows that CR0.WP was cleared.',
    ['permission_fault()', 'kvm_mmu_refresh_cr0_wp()'],
  ),
  stale_root_check: rule(
    ['checked', 'invalid-only', 'skipped'],
    'Whether a fault gives up when its root was invalidated before mmu_lock was taken: by being ' +
      'zapped or by its generation, by being zapped only, or not at all.',
    ['is_page_fault_stale()', 'FNAME(fetch)'],
  ),
  unsync_order: rule(
    ['before-writable', 'after-writable'],
    'Whether shadow pages of a gfn are marked unsync before the writable SPTE is stored.',
    ['mmu_try_to_unsync_pages()', 'is_unsync_root()'],
  ),
  unsync_level: rule(
    ['4k-only', 'any'],
    'At which levels a write fault may make the shadow pages of a gfn unsync.',
    ['mmu_try_to_unsync_pages()', 'kvm_gfn_is_write_tracked()'],
  ),
  remap_same_pfn: rule(
    ['update', 'keep'],
    'What a fault does to a leaf that maps the right frame with other rights.',
    ['mmu_set_spte()'],
  ),
  remap_access: rule(
    ['refresh', 'keep'],
    'Whether a fault over an existing leaf refreshes the access cached for it.',
    ['mmu_set_spte()', 'kvm_mmu_page_set_access()'],
  ),
  map_translation: rule(
    ['gfn-and-access', 'access-only'],
    'What is recorded beside a new leaf; its rmap entry is found again by the recorded gfn.',
    ['__rmap_add()', 'kvm_mmu_page_set_translation()'],
  ),
  drop_rmap: rule(
    ['remove', 'leave'],
    'Whether dropping a leaf removes it from the rmap of its gfn.',
    ['drop_spte()', 'rmap_remove()'],
  ),
  remap_flush: rule(
    ['before-unlock', 'none'],
    'Whether a fault that replaces a leaf by one of another frame flushes before it unlocks.',
    ['mmu_set_spte()'],
  ),
  update_flush: rule(
    ['mmu-writable', 'writable', 'never'],
    'Which change of a present leaf owes a flush: the loss of MMU-writable, that of the write ' +
      'right of the hardware, or none.',
    ['mmu_spte_update()', 'leaf_spte_change_needs_tlb_flush()'],
  ),
  page_dirty: rule(
    ['when-mapped', 'when-write-right-goes', 'when-dropped'],
    'When the host learns that a frame may have been written: when it is mapped as one that may ' +
      'be, or only when the write right goes, or only when a writable leaf is dropped.',
    ['kvm_release_faultin_page()', 'kvm_set_page_dirty()', 'commit 9ed5520dd3c9 (2010)'],
  ),
  notifier_retry: rule(
    ['checked', 'skipped'],
    'Whether a fault gives up when the MMU notifier runs over its gfn, or has run since.',
    ['mmu_invalidate_retry_gfn()', 'is_page_fault_stale()'],
  ),
  notifier_seq_width: rule(
    ['whole', 'truncated'],
    'Whether a fault keeps all bits of the sequence of the notifier, or loses the highest one.',
    ['struct kvm_page_fault', 'mmu_seq'],
  ),
  link_over_leaf: rule(
    ['drop', 'keep'],
    'What a fault that needs a table does to the huge leaf in its place.',
    ['drop_large_spte()', '__link_shadow_page()'],
  ),
  unprotect_retry: rule(
    ['once', 'every-time'],
    'Whether KVM remembers the instruction for which it zapped shadow pages and retried; without ' +
      'that it does so as often as the instruction faults.',
    ['x86_emulate_instruction()', 'last_retry_eip'],
  ),
  notifier_snapshot: rule(
    ['before-lookup', 'after-lookup'],
    'Whether a fault reads the sequence of the notifier before it looks up the host frame.',
    ['kvm_mmu_faultin_pfn()'],
  ),
} as const;
