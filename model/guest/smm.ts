/**
 * System management mode: a vCPU sees the slots of another address space, and runs without paging.
 *
 * Kernel: enter_smm(), emulator_leave_smm(), kvm_smm_changed(). An SMI may come at any time.
 *
 * Abstracts: software in the mode that switches paging on; the area where the state is saved. What
 * hardware retained for the guest counts when the mode is left: the manual does not say that it
 * goes.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isBefore } from '../shadow/lock.ts';
import { kvm_mmu_reset_context } from '../shadow/root-cache.ts';
import { keepAllowed } from '../tlb/oracle.ts';
import { mayMove, mayTakeLock } from './moves.ts';

/** kvm_smm_changed() */
const kvm_smm_changed = (kvm: Kvm, v: number): void => {
  if (kvm.rules.smm_reset === 'roots-freed') kvm_mmu_reset_context(kvm, v);
  kvm.vcpu.at(v).pc = 'enter';
};

const needs: ModelTransition['needs'] = ({ workload }) => workload.budget.smi > 0;

const enter_smm: ModelTransition = {
  name: 'enter_smm',
  says: 'An SMI: the vCPU sees the slots of the second address space, and paging is off.',
  source: ['enter_smm()', 'kvm_smm_changed()', 'kvm_mmu_reset_context()'],
  over: ['v'],
  at: 'guest',
  sure: never,
  needs,
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.smm || !mayMove(kvm, v, 'smi') || !mayTakeLock(kvm, v)) return false;
    kvm.budget.smi -= 1;
    vcpu.smm = true;
    vcpu.cr0_pg_clear = true;
    kvm_smm_changed(kvm, v);
    return true;
  },
};

const leave_smm: ModelTransition = {
  name: 'emulator_leave_smm',
  says: 'RSM: back to the slots of the first address space, and to paging where it was on.',
  source: ['emulator_leave_smm()', 'kvm_smm_changed()', 'kvm_post_set_cr0()'],
  over: ['v'],
  at: 'guest',
  sure: never,
  needs,
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (!vcpu.smm || vcpu.ghost_faults > 0 || !isBefore(kvm, v, 'guest')) return false;
    if (!mayTakeLock(kvm, v)) return false;
    vcpu.smm = false;
    vcpu.cr0_pg_clear = kvm.geometry.nonpaging.includes(v);
    keepAllowed(kvm, v);
    kvm_smm_changed(kvm, v);
    return true;
  },
};

export const smmTransitions: readonly ModelTransition[] = [enter_smm, leave_smm];
