/** Decisions about the quota of shadow pages and about memory caches. */
import { rule } from './rule.ts';

export const quotaRules = {
  fault_quota: rule(
    ['make-room', 'none', 'after-stale-check'],
    'Whether a fault zaps old pages when the quota leaves too little room; `after-stale-check` ' +
      'does so after the fault has looked whether its root is still valid.',
    ['FNAME(page_fault)', 'make_mmu_pages_available()'],
  ),
  load_quota: rule(
    ['make-room', 'none'],
    'Whether loading a root zaps old pages when the quota leaves too little room.',
    ['mmu_alloc_shadow_roots()', 'make_mmu_pages_available()'],
  ),
  quota_change: rule(
    ['locked', 'unlocked'],
    'Whether userspace changes the quota under mmu_lock, with which pages are counted.',
    ['kvm_mmu_change_mmu_pages()', 'alloc_mmu_pages() of 2008'],
  ),
  reclaim_roots: rule(
    ['spared', 'taken'],
    'Whether zapping the oldest pages passes over roots in use.',
    ['kvm_mmu_zap_oldest_mmu_pages()'],
  ),
  shrinker: rule(
    ['none', 'oldest-pages'],
    'Whether memory pressure makes the host zap the oldest shadow pages at any time.',
    ['mmu_shrink_scan()', 'commit fe140e611d34 (2024)'],
  ),
  used_count: rule(['paired', 'kept'], 'Whether a zapped page stops counting against the quota.', [
    'kvm_unaccount_mmu_page()',
    '__kvm_mmu_prepare_zap_page()',
  ]),
  cache_topup: rule(
    ['faults-and-roots', 'faults-only'],
    'Before what a vCPU fills its memory caches.',
    ['mmu_topup_memory_caches()', 'kvm_mmu_load()'],
  ),
  cache_minimum: rule(
    ['worst-case', 'one'],
    'How many objects for descriptor lists a top-up provides.',
    ['mmu_topup_memory_caches()', 'pte_list_add()'],
  ),
} as const;
