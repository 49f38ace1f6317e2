/** Decisions about what the host asks of frames. */
import { rule } from './rule.ts';

export const frameRules = {
  aging_levels: rule(['every', '4k-only'], 'Whether ageing looks at leaves of every size.', [
    'kvm_rmap_age_gfn_range()',
  ]),
  aging_step: rule(
    ['from-start', 'aligned'],
    'Where ageing a range begins to count leaves above 4K: at its first frame, or (no kernel ' +
      'does) at that of the leaf which has it.',
    ['kvm_rmap_age_gfn_range()'],
  ),
  aging_lock: rule(
    ['rmap-locked', 'none'],
    'Whether entries stay in their rmap while their accessed flags are cleared without mmu_lock.',
    ['kvm_rmap_lock_readonly()', 'kvm_rmap_lock()'],
  ),
  aging_store: rule(
    ['accessed-bit', 'whole-entry'],
    'Whether ageing clears one bit of an SPTE, or stores what it has read without that bit.',
    ['kvm_rmap_age_gfn_range()'],
  ),
  aging_flags: rule(['accessed', 'accessed-and-dirty'], 'Which flags of a leaf ageing clears.', [
    'kvm_rmap_age_gfn_range()',
    'kvm_tdp_mmu_age_gfn_range()',
  ]),
  zap_range: rule(
    ['invalidation', 'plain'],
    'Whether a zap of a range counts as an invalidation, for faults that looked up before it.',
    ['kvm_zap_gfn_range()', 'commit edb298c663fc (2021)'],
  ),
  zap_all_scope: rule(
    ['every-page', 'unused'],
    'Whether the zap of everything takes the roots that a vCPU still holds.',
    ['kvm_mmu_zap_all()', 'kvm_mmu_unload()'],
  ),
} as const;
