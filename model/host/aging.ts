/**
 * Ageing: the host asks what the guest has used, and clears the accessed flags to ask again.
 *
 * Kernel: kvm_mmu_notifier_clear_flush_young(), kvm_mmu_notifier_clear_young(), kvm_age_gfn(),
 * kvm_test_age_gfn(), kvm_rmap_age_gfn_range(). Actor: `mm`. Lock: none but that of one rmap
 * (KVM_RMAP_LOCKED), which keeps entries from being filed and removed, not from being changed.
 *
 * Cuts: locking the rmap together with reading the first entry; clearing the flag of one entry
 * together with reading the next one.
 *
 * Abstracts: who removes an entry from the rmap, or files one, spins until the lock is free: here
 * whoever ages is done in the same step, after the entry itself was cleared. Between two rmaps of a
 * range nobody else moves. Asking for the age is one step. SPTEs without an accessed flag of their
 * own, and how many leaves were young: nobody relies on it, because no flush follows.
 */
import { never, type ModelTransition } from '../transition.ts';
import { mayRun } from '../shadow/lock.ts';
import { clearOne, readFirst, rmapsToAge } from '../shadow/rmap-lock.ts';

const needs: ModelTransition['needs'] = ({ workload }) => workload.budget.aging > 0;

const read: ModelTransition = {
  name: 'kvm_rmap_age_gfn_range',
  says: 'Without mmu_lock, lock the rmap of a gfn and read a leaf in it that was accessed.',
  source: ['kvm_age_gfn()', 'kvm_rmap_age_gfn_range()', 'kvm_rmap_lock_readonly()'],
  actor: 'mm',
  over: ['gfn'],
  sure: never,
  needs,
  step: (kvm, gfn) => {
    if (kvm.budget.aging === 0 || kvm.aging.sptep !== 0 || !mayRun(kvm, -1)) return false;
    if ((kvm.geometry.aging_range?.gfn ?? gfn) !== gfn) return false;
    if (!readFirst(kvm, rmapsToAge(kvm, gfn))) return false;
    kvm.budget.aging -= 1;
    return true;
  },
};

const clear: ModelTransition = {
  name: 'kvm_rmap_age_gfn_range.clear',
  says: 'Clear the accessed flag of the leaf that was read; go on to the next, or unlock the rmap.',
  source: ['kvm_rmap_age_gfn_range()', 'kvm_rmap_unlock_readonly()'],
  actor: 'mm',
  over: [],
  needs,
  step: (kvm) => {
    if (kvm.aging.sptep === 0) return false;
    clearOne(kvm);
    return true;
  },
};

const test_age: ModelTransition = {
  name: 'kvm_test_age_gfn',
  says: 'Without mmu_lock, tell whether a leaf of the frames was accessed; nothing changes.',
  source: ['kvm_test_age_gfn()', 'kvm_rmap_age_gfn_range()', 'kvm_mmu_notifier_test_young()'],
  actor: 'mm',
  over: ['gfn'],
  sure: never,
  needs: ({ workload }) => workload.budget.test_age > 0,
  step: (kvm, gfn) => {
    if ((kvm.geometry.aging_range?.gfn ?? gfn) !== gfn || kvm.budget.test_age === 0) return false;
    if (!mayRun(kvm, -1)) return false;
    kvm.budget.test_age -= 1;
    return true;
  },
};

export const agingTransitions: readonly ModelTransition[] = [read, clear, test_age];
