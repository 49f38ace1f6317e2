/** Bugs and broken rules of system management mode and of its address space. */
import type { Mutant } from './mutant.ts';

export const smmMutants: readonly Mutant[] = [
  {
    id: 'smm-missing-from-role',
    rule: 'role_smm',
    value: 'ignored',
    says:
      'Shadow pages made in system management mode serve the time outside, and map memory that ' +
      "is the mode's alone.",
    source: ['kvm_calc_cpu_role()', 'kvm_memslots_for_spte_role()'],
    scenario: 'shadow-smm',
    property: 'frame-without-slot-is-mapped-nowhere',
    category: 'rule',
  },
  {
    id: 'smm-keeps-roots',
    rule: 'smm_reset',
    value: 'roots-kept',
    says: 'A vCPU enters system management mode and goes on by the root of before.',
    source: ['kvm_smm_changed()', 'kvm_mmu_reset_context()'],
    scenario: 'shadow-smm',
    property: 'guest-runs-on-a-valid-root',
    category: 'rule',
  },
  {
    id: 'notifier-zaps-one-address-space',
    rule: 'notifier_spaces',
    value: 'first',
    says: 'The host takes a frame back that leaves for system management mode go on mapping.',
    source: ['kvm_handle_hva_range()', 'kvm_for_each_memslot_in_hva_range()'],
    scenario: 'shadow-smm',
    property: 'audit-leaf-maps-the-host-frame',
    category: 'rule',
  },
  {
    id: 'mmio-gen-wrap-one-as-only',
    rule: 'mmio_wrap',
    value: 'zero-only',
    says:
      'The wrap of a generation goes unnoticed in the second address space, whose numbers are ' +
      'never zero, and an MMIO SPTE of long ago counts again.',
    source: ['commit e1359e2beb8b (2019)', 'kvm_mmu_invalidate_mmio_sptes()'],
    scenario: 'shadow-smm-mmio-wrap',
    property: 'mmio-is-emulated-where-no-slot-is',
    category: 'G',
  },
  {
    id: 'write-tracking-of-one-address-space',
    rule: 'write_track_spaces',
    value: 'own',
    says:
      'A frame that holds an upper table is mapped writable for system management mode, because ' +
      'the slot there does not count it.',
    source: ['kvm_gfn_is_write_tracked()', 'mmu_try_to_unsync_pages()'],
    scenario: 'shadow-smm-tables',
    property: 'unsync-only-at-4k',
    category: 'rule',
  },
];
