/** Assertions about faults, mapping, MMIO, the host, and what is counted. */
import type { Assertion } from './assertion.ts';

export const assertionsOfFaults: readonly Assertion[] = [
  {
    where: 'mmu_try_to_unsync_pages()',
    claim: 'only 4K pages go unsync',
    warning: 'unsync-above-4k',
    properties: ['unsync-only-at-4k'],
  },
  {
    where: 'mmu_set_spte()',
    claim: 'a leaf is never replaced by one of another frame in a direct MMU',
    warning: 'frame-of-direct-leaf-changes',
  },
  {
    where: 'mmu_set_spte()',
    claim: 'an entry that was right already was filed',
    properties: ['leaf-is-filed-in-one-rmap'],
  },
  {
    where: '__direct_pte_prefetch(), kvm_mmu_prefetch_sptes()',
    claim: 'what is prefetched for is a direct page, a few entries at a time',
    why: 'the step takes the branch of direct pages for these alone, and the table is the window',
  },
  {
    where: 'kvm_mmu_max_mapping_level()',
    claim: 'mmu_lock is held',
    why: 'it is called within steps of the holder only',
  },
  {
    where: 'kvm_mmu_hugepage_adjust()',
    claim: 'gfn and pfn agree below the size of the page',
    properties: ['audit-leaf-maps-the-host-frame'],
  },
  {
    where: 'direct_map(), FNAME(fetch)',
    claim: 'the walk ends at the level of the goal',
    properties: ['child-is-one-level-below'],
    why: 'the model takes its next step by the level reached; a wrong level shows in the page',
  },
  {
    where: 'FNAME(fetch)',
    claim: 'the root is valid',
    properties: ['fault-maps-below-a-valid-root'],
  },
  {
    where: 'fast_page_fault()',
    claim: 'a root can always be walked',
    why: 'a vCPU that leaves the guest keeps its root until it enters again',
  },
  {
    where: 'direct_page_fault()',
    claim: 'a direct MMU has no dummy root',
    why: 'there are no dummy roots',
  },
  {
    where: 'handle_mmio_page_fault()',
    claim: 'a present SPTE has no reserved bit',
    why: 'entries have no reserved bits; an MMIO SPTE is not present',
  },
  {
    where: 'kvm_mmu_faultin_pfn()',
    claim: 'a frame was found in a slot',
    properties: ['frame-without-slot-is-mapped-nowhere'],
  },
  {
    where: 'kvm_mmu_write_protect_fault()',
    claim: 'a write-protected gfn is not remembered as MMIO',
    properties: ['mmio-is-emulated-where-no-slot-is'],
  },
  {
    where: 'kvm_mmu_page_fault()',
    claim: 'a fault ends in a retry, a fix, or emulation',
    why: 'a step goes to one of these or the vCPU stops, which the progress of exits shows',
    properties: ['exit-returns-to-the-guest'],
  },
  {
    where: '__kvm_mmu_invalidate_addr()',
    claim: 'the MMU is the one in use',
    why: 'there is one struct kvm_mmu per vCPU',
  },
  {
    where: 'kvm_mmu_invalidate_mmio_sptes()',
    claim: 'the generation does not have the bit of an update in progress',
    why: 'the bit is kept apart from the number',
  },
  {
    where: 'kvm_recover_nx_huge_pages()',
    claim: 'a listed page is direct and marked',
    properties: ['nx-list-holds-flagged-direct-pages'],
    warning: 'nx-list-holds-unflagged-page',
  },
  {
    where: 'kvm_recover_nx_huge_pages()',
    claim: 'a page that was recovered is not marked any more',
    warning: 'nx-page-stays-flagged',
  },
  {
    where: 'make_spte()',
    claim: 'the result is present and has no reserved bit',
    why: 'any leaf is readable here; entries have no reserved bits',
  },
  {
    where: 'make_spte()',
    claim: 'in a slot that is logged only 4K leaves are writable',
    properties: ['logged-slot-gains-no-writable-huge-leaf'],
    warning: 'writable-huge-page-in-logged-slot',
  },
  {
    where: 'make_small_spte(), make_huge_spte()',
    claim: 'what is split is huge, what is merged is present',
    warning: 'split-of-what-is-not-huge',
    why: 'as the first half; nothing is merged',
  },
  {
    where: 'mark_spte_for_access_track()',
    claim: 'nothing is saved in the SPTE yet',
    why: 'waits for access tracking',
  },
  {
    where: 'FNAME(get_level1_sp_gpa), FNAME(sync_spte)',
    claim: 'what is synced is at 4K and has recorded translations',
    properties: ['unsync-only-at-4k'],
  },
  {
    where: 'update_gfn_write_track()',
    claim: 'the count of a gfn stays in its range',
    properties: ['counters-equal-recounts'],
    why: 'as a recount; the width of the counter is not modelled',
  },
  {
    where: 'kvm_mmu_memory_cache_alloc()',
    claim: 'the cache is not empty',
    warning: 'memory-cache-empty',
    properties: ['caches-cover-the-worst-case'],
  },
  {
    where: 'mmu_invalidate_retry_gfn(), kvm_mmu_invalidate_end()',
    claim: 'an invalidation in progress has a range, and each end had a start',
    warning: 'invalidate-count-negative',
    properties: ['invalidation-count-equals-open-calls'],
    why: 'the range is set in the step that counts',
  },
  {
    where: 'shadow_mmu_try_split_huge_pages()',
    claim: 'an rmap above 4K lists huge leaves of nested pages that are in sync',
    warning: 'split-of-unsync-page',
    why: 'as for unsync pages; all pages of a scenario are nested, or none is',
  },
];
