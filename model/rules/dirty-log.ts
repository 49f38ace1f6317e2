/** Decisions about the log of dirty pages. */
import { rule } from './rule.ts';

export const dirtyLogRules = {
  log_dirty_srcu: rule(
    ['awaited', 'ignored'],
    'Whether write protection waits for faults that found the slot without dirty logging.',
    ['kvm_activate_memslot()', 'synchronize_srcu()'],
  ),
  log_dirty_level: rule(
    ['4k-only', 'any'],
    'At which levels a fault maps in a slot whose dirty pages are logged.',
    ['kvm_mmu_hugepage_adjust()'],
  ),
  log_dirty_leaf: rule(
    ['marked', 'unmarked'],
    'Whether a page counts as dirty when a writable leaf is made for it.',
    ['make_spte()', 'mark_page_dirty_in_slot()'],
  ),
  log_dirty_emulator: rule(
    ['marked', 'unmarked'],
    'Whether a page counts as dirty after the emulator has written it.',
    ['emulator_write_phys()', 'emulator_cmpxchg_emulated()', 'CVE-2024-35804'],
  ),
  log_dirty_flags: rule(
    ['marked', 'unmarked'],
    'Whether a guest table counts as dirty after KVM has set a flag in it.',
    ['FNAME(update_accessed_dirty_bits)'],
  ),
  enable_protect: rule(
    ['whole-slot', 'none'],
    'Whether switching dirty logging on write-protects what is mapped.',
    ['kvm_mmu_slot_apply_flags()', 'kvm_mmu_slot_remove_write_access()'],
  ),
  harvest_protect: rule(
    ['armed', 'left-writable'],
    'Whether pages that are taken from the log are write-protected again.',
    ['kvm_arch_mmu_enable_log_dirty_pt_masked()'],
  ),
  dirty_log_protect: rule(
    ['keep-mmu-writable', 'clear-mmu-writable'],
    'Whether a leaf protected for the log keeps MMU-writable, by which others know that a flush ' +
      'may be due.',
    ['spte_write_protect()', 'commit 6dbf79e7164e (2012)'],
  ),
  dirty_log_flush: rule(
    ['before-return', 'none'],
    'Whether a call flushes what it write-protected before it returns to userspace.',
    ['kvm_flush_remote_tlbs_memslot()'],
  ),
  clear_words: rule(
    ['rounded-up', 'rounded-down'],
    'Whether KVM_CLEAR_DIRTY_LOG takes a word of which it is asked for a part.',
    ['kvm_clear_dirty_log_protect()'],
  ),
  word_crossing: rule(
    ['ends-rounded-up', 'frames'],
    'How a word of the log is found to reach into a second frame of 2M: by its ends, rounded up ' +
      'both, or by the frames that they are in.',
    ['kvm_arch_mmu_enable_log_dirty_pt_masked()'],
  ),
} as const;
