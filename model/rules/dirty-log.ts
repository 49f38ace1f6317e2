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
  get_manual: rule(
    ['copies', 'takes'],
    'Whether KVM_GET_DIRTY_LOG leaves the log as it is where another call clears it, or takes ' +
      'the pages from it, which nothing has protected.',
    ['kvm_get_dirty_log_protect()', 'KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2'],
  ),
  clear_arming: rule(
    ['each-word', 'last-word'],
    'Whether logging is armed for each word whose huge pages were split, or once at the end, for ' +
      'the last one.',
    ['kvm_clear_dirty_log_protect()', 'kvm_arch_mmu_enable_log_dirty_pt_masked()'],
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
  pml_nested: rule(
    ['write-protect', 'clear-dirty'],
    'How pages of a nested guest are logged while the processor logs modified pages: by write ' +
      'protection, or by the dirty flag.',
    ['kvm_mmu_page_ad_need_write_protect()', 'spte_ad_need_write_protect()'],
  ),
  pml_flush: rule(
    ['marked', 'dropped'],
    'Whether pages that the processor has logged count as dirty once the vCPU has left the guest.',
    ['vmx_flush_pml_buffer()'],
  ),
  recover: rule(
    ['collapsible', 'none'],
    'Whether switching dirty logging off zaps small leaves that could be huge.',
    ['kvm_mmu_recover_huge_pages()', 'kvm_mmu_zap_collapsible_spte()'],
  ),
  recover_flush: rule(
    ['before-unlock', 'none'],
    'Whether what is zapped for huge pages to come back is flushed before mmu_lock is dropped.',
    ['kvm_rmap_zap_collapsible_sptes()'],
  ),
  srcu_readers: rule(
    ['in-kvm', 'in-guest-too'],
    'Whether an update of the slots waits for vCPUs that are in KVM, or also for those that run ' +
      'guest code.',
    ['synchronize_srcu()', 'vcpu_enter_guest()'],
  ),
  clear_words: rule(
    ['rounded-up', 'rounded-down'],
    'Whether KVM_CLEAR_DIRTY_LOG takes a word of which it is asked for a part.',
    ['kvm_clear_dirty_log_protect()'],
  ),
  clear_huge_protect: rule(
    ['as-guest-table', 'as-log', 'left-writable'],
    'How a huge leaf is protected when pages of it are cleared from a log that began full: as if ' +
      'it mapped a guest table, without MMU-writable, or as small leaves are, or not at all.',
    ['kvm_arch_mmu_enable_log_dirty_pt_masked()', 'kvm_mmu_slot_gfn_write_protect()'],
  ),
  word_crossing: rule(
    ['ends-rounded-up', 'frames', 'never'],
    'How a word of the log is found to reach into a second frame of 2M: by its ends, rounded up ' +
      'both, or by the frames that they are in; or it is not looked at.',
    ['kvm_arch_mmu_enable_log_dirty_pt_masked()'],
  ),
} as const;
