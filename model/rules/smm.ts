/** Decisions about system management mode, and the two address spaces that come with it. */
import { rule } from './rule.ts';

export const smmRules = {
  role_smm: rule(
    ['in-role', 'ignored'],
    'Whether the role of a shadow page tells apart for which address space it is.',
    ['kvm_calc_cpu_role()', 'kvm_memslots_for_spte_role()'],
  ),
  smm_reset: rule(
    ['roots-freed', 'roots-kept'],
    'Whether a vCPU gives its roots back when it enters or leaves system management mode.',
    ['kvm_smm_changed()', 'kvm_mmu_reset_context()'],
  ),
  notifier_spaces: rule(
    ['every', 'first'],
    'Whether the notifier zaps what maps a range in the slots of every address space.',
    ['kvm_handle_hva_range()', 'kvm_for_each_memslot_in_hva_range()'],
  ),
  write_track_spaces: rule(
    ['every', 'own'],
    'Whether a frame counts as write-tracked by its slots in every address space, or by that of ' +
      'who asks.',
    ['kvm_gfn_is_write_tracked()', 'mmu_try_to_unsync_pages()'],
  ),
  table_protect_spaces: rule(
    ['own', 'every'],
    'Whether leaves that map a guest table lose the write right in one address space, or (no ' +
      'kernel does) in every one.',
    ['account_shadowed()', 'kvm_vcpu_write_protect_gfn()'],
  ),
} as const;
