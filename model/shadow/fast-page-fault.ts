/**
 * The fast page fault: a write to a leaf that only lacks the write right of the hardware is let
 * through without mmu_lock.
 *
 * Kernel: fast_page_fault(), page_fault_can_be_fast(), fast_pf_fix_direct_spte(),
 * fast_pf_get_last_sptep(). For direct MMUs alone: below guest tables an entry may come to map
 * another gfn between the walk of the guest tables, reading it and exchanging it.
 *
 * Cuts: reading each table; the compare-and-exchange; marking the page dirty. All three are within
 * walk_shadow_page_lockless_begin() and walk_shadow_page_lockless_end(), so that flushes wait.
 *
 * Abstracts: access tracking, since KVM uses accessed flags here; the limit of four attempts, since
 * each that fails is somebody else's doing. The slow path looks the slot up again.
 */
import { isWrite } from '../access.ts';
import { hasFastPageFaults } from '../config.ts';
import { PG_LEVEL_4K, tableIndex } from '../geometry.ts';
import type { Kvm, MmuPageView, VcpuView } from '../state.ts';
import {
  is_last_spte,
  is_mmu_writable_spte,
  is_writable_pte,
  isTableSpte,
  NO_SPTE,
  spte_to_child_sp,
  withWrite,
} from '../spte.ts';
import type { ModelTransition } from '../transition.ts';
import { kvm_slot_dirty_track_enabled, mark_page_dirty } from './dirty-log.ts';
import { goTo, isBefore } from './lock.ts';
import { lookUpFrame } from './look-up.ts';
import { kindOf, walkedGfn } from './walker.ts';

const needs: ModelTransition['needs'] = hasFastPageFaults;

/** page_fault_can_be_fast(): a write that a present entry refused. */
const page_fault_can_be_fast = (kvm: Kvm, vcpu: VcpuView): boolean =>
  vcpu.insn.present && (isWrite(kindOf(vcpu)) || kvm.rules.fast_pf_check === 'trusted');

/** Begins the walk without mmu_lock if it may help; otherwise goes on with the slow path. */
export const startFastPageFault = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (!page_fault_can_be_fast(kvm, vcpu)) {
    lookUpFrame(kvm, v);
    return;
  }
  vcpu.fault.log_dirty = kvm_slot_dirty_track_enabled(kvm, walkedGfn(kvm, vcpu));
  vcpu.reading = vcpu.root;
  vcpu.pc = 'fast_page_fault';
};

/** walk_shadow_page_lockless_end(), and back to the guest. */
const finish = (vcpu: VcpuView): void => {
  vcpu.reading = null;
  vcpu.fast_pf_spte = NO_SPTE;
  goTo(vcpu, 'enter');
};

/** RET_PF_INVALID: the fault needs mmu_lock. */
const giveUp = (kvm: Kvm, v: number): void => {
  kvm.vcpu.at(v).reading = null;
  lookUpFrame(kvm, v);
};

/** The entry that the walk has reached. A freed page has no level; only a mutant reaches one. */
const indexIn = (kvm: Kvm, vcpu: VcpuView, page: MmuPageView): number =>
  tableIndex(kvm.geometry, vcpu.insn.va, Math.max(PG_LEVEL_4K, page.role.level));

/** Whether the write right may be given back: never to a huge leaf whose pages are logged. */
const isFixable = (kvm: Kvm, vcpu: VcpuView, page: MmuPageView, spte: number): boolean => {
  if (!is_mmu_writable_spte(spte) || is_writable_pte(spte)) return false;
  if (page.role.level === PG_LEVEL_4K || !vcpu.fault.log_dirty) return true;
  return kvm.rules.fast_pf_huge === 'fixed';
};

const fast_page_fault: ModelTransition = {
  name: 'fast_page_fault',
  says:
    'Without mmu_lock, read one table on the way; at the leaf, decide whether the write goes ' +
    'through by now, can be let through, or is for the slow path.',
  source: ['fast_page_fault()', 'page_fault_can_be_fast()', 'fast_pf_get_last_sptep()'],
  over: ['v'],
  at: 'fast_page_fault',
  needs,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'fast_page_fault')) return false;
    const vcpu = kvm.vcpu.at(v);
    const page = kvm.sp.at(vcpu.reading ?? 0);
    const spte = page.spt.get(indexIn(kvm, vcpu, page));
    if (isTableSpte(spte)) {
      vcpu.reading = spte_to_child_sp(spte);
    } else if (!is_last_spte(spte)) {
      giveUp(kvm, v);
    } else if (isFixable(kvm, vcpu, page, spte)) {
      vcpu.fast_pf_spte = spte;
      if (kvm.rules.fast_pf_mark === 'before-exchange') markDirty(kvm, vcpu);
      vcpu.pc = 'fast_pf_fix_direct_spte';
    } else if (is_writable_pte(spte) || kvm.rules.fast_pf_check === 'trusted') {
      finish(vcpu);
    } else {
      giveUp(kvm, v);
    }
    return true;
  },
};

/** mark_page_dirty_in_slot(): in the slot as it was when the fault began. */
const markDirty = (kvm: Kvm, vcpu: VcpuView): void => {
  if (vcpu.fault.log_dirty) mark_page_dirty(kvm, walkedGfn(kvm, vcpu));
};

const fast_pf_fix_direct_spte: ModelTransition = {
  name: 'fast_pf_fix_direct_spte',
  says: 'Set the write right by compare-and-exchange; walk again when the entry changed.',
  source: ['fast_pf_fix_direct_spte()', 'try_cmpxchg64()'],
  over: ['v'],
  at: 'fast_pf_fix_direct_spte',
  needs,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'fast_pf_fix_direct_spte')) return false;
    const vcpu = kvm.vcpu.at(v);
    const page = kvm.sp.at(vcpu.reading ?? 0);
    const index = indexIn(kvm, vcpu, page);
    const same = page.spt.get(index) === vcpu.fast_pf_spte;
    if (!same && kvm.rules.fast_pf_exchange === 'compared') {
      vcpu.fast_pf_spte = NO_SPTE;
      vcpu.reading = vcpu.root;
      vcpu.pc = 'fast_page_fault';
      return true;
    }
    page.spt.set(index, withWrite(vcpu.fast_pf_spte));
    const marks = vcpu.fault.log_dirty && kvm.rules.fast_pf_mark === 'after-exchange';
    if (marks) vcpu.pc = 'mark_page_dirty';
    else finish(vcpu);
    return true;
  },
};

const mark: ModelTransition = {
  name: 'fast_pf_fix_direct_spte.mark_page_dirty',
  says: 'Put the page into the log, after its leaf became writable.',
  source: ['fast_pf_fix_direct_spte()', 'mark_page_dirty_in_slot()'],
  over: ['v'],
  at: 'mark_page_dirty',
  needs: (config) => hasFastPageFaults(config) && config.geometry.dirty_log !== null,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'mark_page_dirty')) return false;
    markDirty(kvm, kvm.vcpu.at(v));
    finish(kvm.vcpu.at(v));
    return true;
  },
};

export const fastPageFaultTransitions: readonly ModelTransition[] = [
  fast_page_fault,
  fast_pf_fix_direct_spte,
  mark,
];
