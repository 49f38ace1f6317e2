/** Decisions about generations, memory slots and what is in none. */
import { rule } from './rule.ts';

export const memslotRules = {
  memslot_zap: rule(
    ['zap-all', 'none'],
    'Whether deleting or moving a slot zaps all shadow pages before the slot goes.',
    ['kvm_arch_flush_shadow_memslot()', 'kvm_mmu_zap_all_fast()'],
  ),
  memslot_swap: rule(
    ['waits-for-notifier', 'at-once'],
    'Whether a new set of slots is published only while nothing is between start and end of an ' +
      'invalidation.',
    ['kvm_swap_active_memslots()', 'mn_active_invalidate_count'],
  ),
  memslot_generation: rule(
    ['after-srcu', 'at-publish'],
    'Whether the generation advances when nobody uses the old slots any more, or at once.',
    ['kvm_swap_active_memslots()'],
  ),
  zap_all_request: rule(
    ['all-vcpus', 'none'],
    'Whether a change of generation makes vCPUs let go of obsolete roots before they run on.',
    ['kvm_mmu_zap_all_fast()', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS'],
  ),
  zap_all_until: rule(
    ['none-obsolete', 'list-empty'],
    'Whether zapping all pages ends when no obsolete page is left, or when no page is.',
    ['kvm_zap_obsolete_pages()'],
  ),
  zap_all_restart: rule(
    ['when-unstable', 'never'],
    'Whether the walk over the list starts anew when zapping a page zapped others as well.',
    ['kvm_zap_obsolete_pages()', '__kvm_mmu_prepare_zap_page()'],
  ),
  list_order: rule(
    ['newest-first', 'oldest-first'],
    'At which end of active_mmu_pages a new page is put; zapping starts at the other one.',
    ['kvm_mmu_alloc_shadow_page()', 'active_mmu_pages'],
  ),
  load_flush: rule(
    ['flush', 'none'],
    'Whether a vCPU flushes its own hardware when it loads a root.',
    ['kvm_mmu_load()'],
  ),
  invalid_slot: rule(
    ['retry', 'no-slot'],
    'What a fault makes of a slot that is about to go: it gives up, or takes it for none.',
    ['kvm_mmu_faultin_pfn()', 'KVM_MEMSLOT_INVALID'],
  ),
  map_writable: rule(
    ['by-host', 'always'],
    'Whether a leaf in a read-only slot lacks the write right.',
    ['make_spte()', 'hva_to_pfn()'],
  ),
  mmio_over_present: rule(
    ['drop-first', 'overwrite'],
    'Whether a fault drops the leaf that is present before it stores an MMIO SPTE.',
    ['mmu_set_spte()', 'commit aad885e77496 (2026)'],
  ),
  mmio_generation: rule(
    ['checked', 'ignored'],
    'Whether an MMIO SPTE is used only in the generation of the slots that made it.',
    ['check_mmio_spte()'],
  ),
  mmio_encoding: rule(['whole', 'low-bit'], 'How much of the generation an MMIO SPTE holds.', [
    'generation_mmio_spte_mask()',
    'get_mmio_spte_generation()',
  ]),
  mmio_wrap: rule(
    ['zap-all', 'zero-only', 'ignored'],
    'Whether all shadow pages are zapped when the generation in MMIO SPTEs wraps; generations of ' +
      'the first address space alone are ever zero.',
    ['kvm_mmu_invalidate_mmio_sptes()'],
  ),
  mmio_cache_generation: rule(
    ['checked', 'ignored'],
    'Whether what a vCPU remembers of an MMIO access counts in its own generation only.',
    ['vcpu_match_mmio_gen()', 'vcpu_match_mmio_gva()'],
  ),
  sync_mmio: rule(
    ['renew-same-gfn', 'renew-always', 'clear-where-slot'],
    'What syncing does to an MMIO SPTE: renew it when the guest entry still names its gfn, renew ' +
      'it in any case, or (no kernel does) clear it as well where a slot has come.',
    ['sync_mmio_spte()', 'FNAME(sync_spte)'],
  ),
} as const;
