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
];
