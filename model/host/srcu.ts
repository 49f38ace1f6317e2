/**
 * Who may still use an old set of memory slots.
 *
 * Kernel: synchronize_srcu(), kvm_vcpu_srcu_read_lock(). A vCPU reads the slots from its exit on
 * until it enters the guest again or returns to userspace.
 */
import type { Kvm } from '../state.ts';

/** A new set is published: everybody in KVM now may have read the old one. */
export const awaitReaders = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const inGuest = kvm.vcpu.at(v).pc === 'guest';
    kvm.vcpu.at(v).srcu_awaited = !inGuest || kvm.rules.srcu_readers === 'in-guest-too';
  }
};

export const isSrcuAwaited = (kvm: Kvm): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) if (kvm.vcpu.at(v).srcu_awaited) return true;
  return false;
};

/** Whether nobody holds slots_lock: no update of the slots, no call for dirty pages goes on. */
export const isSlotsLockFree = (kvm: Kvm): boolean =>
  kvm.memslots.pc === 'idle' && kvm.dirty_log.pc === 'idle';
