/** Decisions of eager page splitting. */
import { rule } from './rule.ts';

export const splitRules = {
  split_scope: rule(
    ['nested', 'every-shadow-mmu'],
    'Whether only the huge pages of nested MMUs are split, or those of every shadow MMU.',
    ['kvm_mmu_slot_try_split_huge_pages()', 'shadow_mmu_try_split_huge_pages()'],
  ),
  split_clear_range: rule(
    ['last-page-included', 'last-page-missed'],
    'Whether the range that is split before a word of the log is cleared has its last page.',
    ['kvm_arch_mmu_enable_log_dirty_pt_masked()', 'commit 7cd1bf039eeb (2023)'],
  ),
  split_existing: rule(
    ['reuse', 'refuse'],
    'Whether a shadow page that is there already is used for the split, or the split given up.',
    ['shadow_mmu_get_sp_for_split()'],
  ),
  split_flush: rule(
    ['entry-is-a-table', 'never', 'less-permissive-leaf', 'always'],
    'When a split flushes before it links the smaller pages: when an entry that it found there ' +
      'leads to a table, never, also when it is a leaf that may write less, or always.',
    ['shadow_mmu_split_huge_page()', '__link_shadow_page()'],
  ),
  split_entries: rule(
    ['all', 'holes-flushed', 'holes-flush-lost'],
    'Whether all entries are filled, or those left empty whose gfn has an rmap entry already, ' +
      'with a flush before mmu_lock is dropped, or one that the next level forgets.',
    ['shadow_mmu_split_huge_page()', 'eager page splitting, series v2 (2022)'],
  ),
  split_role: rule(
    ['direct', 'as-parent'],
    'Whether the smaller pages are in a direct shadow page, whatever the huge one was in.',
    ['shadow_mmu_get_sp_for_split()'],
  ),
  split_access: rule(
    ['recorded', 'from-the-spte'],
    'Access in the role of the page that a split makes: as recorded beside the huge leaf, or as ' +
      'the leaf has it.',
    ['shadow_mmu_get_sp_for_split()', 'kvm_mmu_page_get_access()'],
  ),
  split_exec: rule(
    ['from-the-role', 'copied'],
    'Whether a page split down to 4K is executable where its role allows, or where the huge ' +
      'leaf was.',
    ['make_small_spte()'],
  ),
  split_unsync: rule(
    ['warn-and-skip', 'skip', 'split'],
    'What is done about a huge leaf in an unsync page.',
    ['shadow_mmu_try_split_huge_pages()'],
  ),
  split_reserve: rule(
    ['kept', 'ignored'],
    'Whether splitting stops when the quota has no more than KVM_MIN_FREE_MMU_PAGES left.',
    ['shadow_mmu_try_split_huge_page()'],
  ),
  split_failure: rule(
    ['next-rmap', 'retried'],
    'Whether a page that cannot be split is passed over with the rest of its rmap, or tried again.',
    ['shadow_mmu_try_split_huge_pages()'],
  ),
  split_cache_minimum: rule(
    ['whole-split', 'one'],
    'How many objects for descriptor lists must be at hand before a page is split.',
    ['topup_split_caches()', 'need_topup_split_caches_or_resched()'],
  ),
  split_alloc: rule(
    ['from-caches', 'under-the-lock', 'under-the-lock-untested'],
    'Where the page for a split comes from: caches filled in advance, or an allocation that does ' +
      'not sleep, after whose failure another is made without mmu_lock; or the failure goes ' +
      'unnoticed.',
    ['topup_split_caches()', 'eager page splitting, series v2 and v3 (2022)'],
  ),
  split_page: rule(
    ['used-at-once', 'carried-looked-up', 'carried', 'carried-unhashed'],
    'When the page for a split is made: in the section under mmu_lock in which it is used, or in ' +
      'one before, and then looked up again, or used as it was left, or not even to be found by ' +
      'others in between.',
    ['shadow_mmu_get_sp_for_split()', 'eager page splitting, series v2 and v3 (2022)'],
  ),
  split_lookup_unsync: rule(
    ['warn-and-miss', 'zap', 'sync', 'use'],
    'What a split, which has no vCPU, does about an unsync page that it looks up: warn and make ' +
      'another one, zap it first, sync it as a vCPU would, or use it as it is.',
    ['kvm_mmu_find_shadow_page()', 'review of eager page splitting, series v3 (2022)'],
  ),
  split_spare: rule(
    ['handed-on', 'overwritten'],
    'What becomes of a page that was allocated in advance when another one is.',
    ['eager page splitting, series v2 and v3 (2022)'],
  ),
  split_restart: rule(
    ['when-unlocked', 'never'],
    'Whether the walk over an rmap starts anew after mmu_lock was dropped in it.',
    ['shadow_mmu_try_split_huge_pages()'],
  ),
  split_break: rule(
    ['before-each-page', 'after-progress'],
    'Whether mmu_lock may be dropped before anything was split since it was taken.',
    ['need_topup_split_caches_or_resched()'],
  ),
} as const;
