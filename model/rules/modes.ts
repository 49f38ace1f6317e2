/** Decisions about the mode of a vCPU: roots, roles, and MMUs without guest tables. */
import { rule } from './rule.ts';

export const modeRules = {
  role_direct: rule(
    ['in-role', 'ignored'],
    'Whether the role of a root tells a vCPU without paging apart.',
    ['kvm_calc_cpu_role()', 'kvm_mmu_page_role'],
  ),
  direct_gfn: rule(
    ['first-of-run', 'faulting'],
    'Which gfn a direct page is given: that of its first entry, or that of the fault.',
    ['direct_map()', 'FNAME(fetch)', 'gfn_round_for_level()'],
  ),
  role_smep: rule(
    ['in-role', 'ignored'],
    'Whether the role of a shadow page tells CR4.SMEP apart.',
    ['kvm_calc_cpu_role()', 'kvm_mmu_page_role'],
  ),
  role_smap: rule(
    ['and-not-wp', 'ignored'],
    'Whether the role of a shadow page tells CR4.SMAP apart, where CR0.WP is clear.',
    ['kvm_calc_cpu_role()', 'kvm_mmu_page_role'],
  ),
  cr4_reset: rule(
    ['role-bits', 'not-smap'],
    'Which bits of CR4 make a vCPU give its roots back and take on another role.',
    ['kvm_post_set_cr4()', 'kvm_mmu_reset_context()'],
  ),
  wp0_smep: rule(
    ['not-executable', 'executable'],
    'Whether a user page that is mapped for the supervisor alone, so that it may write with ' +
      'CR0.WP clear, loses the execute right under CR4.SMEP.',
    ['FNAME(page_fault)'],
  ),
  pcid_roots: rule(
    ['freed', 'kept'],
    'Whether the invalidation of a PCID gives back the cached roots that belong to it.',
    ['kvm_invalidate_pcid()'],
  ),
  pcide_roots: rule(
    ['freed', 'kept'],
    'Whether a vCPU gives its roots back when the guest sets CR4.PCIDE.',
    ['kvm_post_set_cr4()', 'kvm_mmu_unload()'],
  ),
  pg_reset: rule(
    ['roots-freed', 'roots-kept'],
    'Whether a vCPU gives its roots back when the guest clears or sets CR0.PG.',
    ['kvm_post_set_cr0()', 'kvm_mmu_reset_context()'],
  ),
  pcide_clear: rule(
    ['guest-flush', 'none'],
    'Whether all that the guest may have cached is flushed when it clears CR4.PCIDE.',
    ['kvm_post_set_cr4()', 'KVM_REQ_TLB_FLUSH_GUEST'],
  ),
  guest_flush_roots: rule(
    ['unsync-freed', 'kept'],
    'Whether a flush of all that the guest may have cached gives back the cached roots that are ' +
      'unsync below.',
    ['kvm_vcpu_flush_tlb_guest()', 'kvm_mmu_sync_prev_roots()'],
  ),
  invpcid_addr_roots: rule(
    ['of-the-pcid', 'current-only'],
    'Whether INVPCID of an address syncs it in the cached roots of the PCID, or in the current ' +
      'root alone.',
    ['kvm_mmu_invpcid_gva()'],
  ),
  fast_pf_scope: rule(
    ['direct-mmus', 'every-mmu'],
    'Whether faults of vCPUs with guest tables are served without mmu_lock as well.',
    ['fast_page_fault()', 'FNAME(page_fault)'],
  ),
  fast_pf_check: rule(
    ['verified', 'trusted'],
    'Whether the fast page fault takes on writes alone, and looks whether they go through then.',
    ['page_fault_can_be_fast()', 'fast_page_fault()', 'is_access_allowed()'],
  ),
  fast_pf_exchange: rule(
    ['compared', 'stored'],
    'Whether the fast page fault changes a leaf only if it is still the one that it read.',
    ['fast_pf_fix_direct_spte()', 'try_cmpxchg64()'],
  ),
  fast_pf_huge: rule(
    ['slow-path-when-logged', 'fixed'],
    'What the fast page fault does with a huge leaf of a slot whose dirty pages are logged.',
    ['fast_page_fault()'],
  ),
  fast_pf_mark: rule(
    ['after-exchange', 'before-exchange', 'none'],
    'When the fast page fault puts the page into the log.',
    ['fast_pf_fix_direct_spte()', 'mark_page_dirty_in_slot()'],
  ),
  table_protect: rule(
    ['mmu-writable-too', 'writable-only'],
    'Which leaves lose their rights when a guest table is protected: also those that have lost ' +
      'the write right of the hardware to the log of dirty pages, or not those.',
    ['rmap_write_protect()', 'spte_write_protect()'],
  ),
} as const;
