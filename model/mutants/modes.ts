/** Rules about roots, roles and MMUs without guest tables, each broken once. */
import type { Mutant } from './mutant.ts';

export const modeMutants: readonly Mutant[] = [
  {
    id: 'nonpaging-root-in-paging-role',
    rule: 'role_direct',
    value: 'ignored',
    says: 'A vCPU without paging is given a root that shadows the table in frame 0.',
    source: ['kvm_calc_cpu_role()', 'mmu_alloc_direct_roots()'],
    scenario: 'shadow-nonpaging-beside-paging',
    property: 'guest-runs-on-a-valid-root',
    category: 'rule',
  },
  {
    id: 'direct-page-at-faulting-gfn',
    rule: 'direct_gfn',
    value: 'faulting',
    says:
      'A direct page is given the gfn of the fault instead of that of its first entry: leaves ' +
      'are filed under one gfn and removed under another.',
    source: ['direct_map()', 'kvm_mmu_page_get_gfn()'],
    scenario: 'shadow-nonpaging-three-levels',
    property: 'rmap-key-is-the-recorded-gfn',
    category: 'rule',
  },
  {
    id: 'nonpaging-maps-huge-over-table',
    rule: 'lpage_check',
    value: 'skipped',
    says:
      'A vCPU without paging maps a huge page over the table of another one: only the first ' +
      'frame of the run is looked at before it becomes writable.',
    source: ['kvm_mmu_hugepage_adjust()', 'mmu_try_to_unsync_pages()'],
    scenario: 'shadow-nonpaging-beside-paging',
    property: 'shadowed-gfn-has-no-writable-spte',
    category: 'rule',
  },
  {
    id: 'nonpaging-fault-ignores-the-notifier',
    rule: 'notifier_retry',
    value: 'skipped',
    says: 'A fault without guest tables maps a frame that the host has just taken back.',
    source: ['direct_page_fault()', 'is_page_fault_stale()'],
    scenario: 'shadow-nonpaging-moves',
    property: 'audit-leaf-maps-the-host-frame',
    category: 'rule',
  },
  {
    id: 'paging-toggle-keeps-roots',
    rule: 'pg_reset',
    value: 'roots-kept',
    says: 'The guest clears CR0.PG and goes on by the root that shadows its tables.',
    source: ['kvm_post_set_cr0()', 'kvm_mmu_reset_context()'],
    scenario: 'shadow-cr0-pg',
    property: 'guest-runs-on-a-valid-root',
    category: 'rule',
  },
  {
    id: 'fast-pf-of-shadowed-leaf',
    rule: 'fast_pf_scope',
    value: 'every-mmu',
    says:
      'The fast page fault takes on a leaf below guest tables: it maps another gfn than the one ' +
      'that the walk of the tables led to, which alone is put into the log.',
    source: ['fast_page_fault()', 'Documentation/virt/kvm/locking.rst'],
    scenario: 'shadow-fast-page-fault-none',
    property: 'clean-page-is-write-protected',
    category: 'rule',
  },
  {
    id: 'fast-pf-fixes-wrong-fault',
    rule: 'fast_pf_check',
    value: 'trusted',
    says:
      'The fast page fault takes on an instruction fetch and reports it fixed, although the leaf ' +
      'is as little executable as before: the fetch faults for ever.',
    source: ['page_fault_can_be_fast()', 'commit 54275f74cf38 (2022)'],
    scenario: 'shadow-nonpaging-nx',
    property: 'legal-access-completes',
    category: 'H',
  },
  {
    id: 'fast-pf-stores-blindly',
    rule: 'fast_pf_exchange',
    value: 'stored',
    says:
      'The fast page fault makes a leaf writable that was protected for a guest table since it ' +
      'read it.',
    source: ['fast_pf_fix_direct_spte()', 'try_cmpxchg64()'],
    scenario: 'shadow-fast-page-fault-table',
    property: 'unsync-precedes-writable-leaf',
    category: 'rule',
  },
  {
    id: 'fast-pf-makes-huge-leaf-writable',
    rule: 'fast_pf_huge',
    value: 'fixed',
    says:
      'The fast page fault makes a huge leaf of a logged slot writable and puts only the page of ' +
      'the fault into the log.',
    source: ['fast_page_fault()', 'fix of 2014'],
    scenario: 'shadow-fast-page-fault-huge',
    property: 'clean-page-is-write-protected',
    category: 'rule',
  },
  {
    id: 'fast-pf-does-not-log',
    rule: 'fast_pf_mark',
    value: 'none',
    says: 'The fast page fault lets a write through without putting the page into the log.',
    source: ['fast_pf_fix_direct_spte()', 'mark_page_dirty_in_slot()'],
    scenario: 'shadow-fast-page-fault',
    property: 'clean-page-is-write-protected',
    category: 'rule',
  },
  {
    id: 'fast-pf-logs-too-early',
    rule: 'fast_pf_mark',
    value: 'before-exchange',
    says:
      'The fast page fault puts the page into the log before the leaf is writable; userspace ' +
      'takes it from there in between.',
    source: ['fast_pf_fix_direct_spte()'],
    scenario: 'shadow-fast-page-fault',
    property: 'clean-page-is-write-protected',
    category: 'rule',
  },
  {
    id: 'tdp-wprot-skips-mmu-writable',
    rule: 'table_protect',
    value: 'writable-only',
    says:
      'A page that was protected for the log becomes a page table: its leaf is passed over, and ' +
      'keeps MMU-writable, by which a fast page fault makes it writable again.',
    source: ['commit 7c8a4742c4ab (2022), for the TDP MMU; here in shadow paging'],
    scenario: 'shadow-fast-page-fault-table',
    property: 'shadowed-gfn-has-no-writable-spte',
    category: 'E',
  },
  {
    id: 'smep-wp0-user-exec',
    rule: 'wp0_smep',
    value: 'executable',
    says:
      'A read-only user page that the supervisor writes with CR0.WP clear is mapped for it ' +
      'alone, and executable: SMEP no longer keeps it from executing the page.',
    source: ['kvm-unit-tests 951181c8 (2011)', 'FNAME(page_fault)'],
    scenario: 'shadow-cr4-smep',
    property: 'access-is-justified-by-guest-tables',
    category: 'B',
  },
  {
    id: 'smap-wp0-role',
    rule: 'role_smap',
    value: 'ignored',
    says:
      'What was mapped for the supervisor alone before SMAP was set serves it afterwards: the ' +
      'role does not tell the two apart.',
    source: ['SMAP virtualization fix of 2015', 'kvm_calc_cpu_role()'],
    scenario: 'shadow-cr4-smap',
    property: 'access-is-justified-by-guest-tables',
    category: 'B',
  },
  {
    id: 'cr4-toggle-no-role-update',
    rule: 'cr4_reset',
    value: 'not-smap',
    says: 'The guest sets CR4.SMAP and runs on the root of before.',
    source: ['Reset MMU context if guest toggles CR4.SMAP or CR4.PKE (2020)', 'kvm_post_set_cr4()'],
    scenario: 'shadow-cr4-smap',
    property: 'guest-runs-on-a-valid-root',
    category: 'B',
  },
  {
    id: 'smep-missing-from-role',
    rule: 'role_smep',
    value: 'ignored',
    says: 'What was mapped executable for the supervisor before SMEP was set serves it afterwards.',
    source: ['kvm_calc_cpu_role()', 'FNAME(page_fault)'],
    scenario: 'shadow-cr4-smep',
    property: 'access-is-justified-by-guest-tables',
    category: 'rule',
  },
  {
    id: 'pcide-toggle-uses-stale-root',
    rule: 'pcide_roots',
    value: 'kept',
    says:
      'A root that was cached before the guest set CR4.PCIDE is used again without a flush: the ' +
      'flushes of before were not done on it.',
    source: ['commit 509bfe3d9796 (2021)', 'kvm_post_set_cr4()'],
    scenario: 'shadow-pcide',
    property: 'access-is-justified-by-guest-tables',
    category: 'I',
  },
  {
    id: 'invpcid-keeps-cached-root',
    rule: 'pcid_roots',
    value: 'kept',
    says:
      'Invalidating a PCID that is not active leaves its cached root, to which the guest goes ' +
      'back without a flush.',
    source: ['kvm_invalidate_pcid()'],
    scenario: 'shadow-pcid',
    property: 'access-is-justified-by-guest-tables',
    category: 'rule',
  },
  {
    id: 'nested-transition-skips-pgd-sync',
    rule: 'guest_flush_roots',
    value: 'kept',
    says:
      'A flush of all that the guest may have cached syncs the current root alone, and the guest ' +
      'goes back to another one without a flush. Linux had it where a nested guest is entered.',
    source: ['commit 07ffaf343e34 (2021)', 'kvm_vcpu_flush_tlb_guest()'],
    scenario: 'shadow-invpcid',
    property: 'access-is-justified-by-guest-tables',
    category: 'I',
  },
  {
    id: 'invpcid-address-skips-cached-root',
    rule: 'invpcid_addr_roots',
    value: 'current-only',
    says:
      'INVPCID of an address in a PCID that is not active syncs nothing in its cached root, to ' +
      'which the guest goes back without a flush.',
    source: ['kvm_mmu_invpcid_gva()'],
    scenario: 'shadow-invpcid',
    property: 'access-is-justified-by-guest-tables',
    category: 'rule',
  },
  {
    id: 'pcide-clear-flushes-nothing',
    rule: 'pcide_clear',
    value: 'none',
    says: 'The guest clears CR4.PCIDE, which flushes everything, and goes on by stale entries.',
    source: ['kvm_post_set_cr4()', 'KVM_REQ_TLB_FLUSH_GUEST'],
    scenario: 'shadow-invpcid',
    property: 'access-is-justified-by-guest-tables',
    category: 'rule',
  },
];
