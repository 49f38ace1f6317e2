/**
 * The accessed flag of leaf SPTEs, which the host reads and clears to see what the guest uses.
 *
 * Kernel: shadow_accessed_mask, make_spte(). Who stores a leaf for an access sets the flag, and so
 * does hardware that walks to the leaf; a prefetch leaves it clear.
 *
 * Abstracts: where nobody ages, every leaf has the flag, and nothing of this is in the state.
 */
import type { Kvm } from '../state.ts';

const isKept = (kvm: Kvm): boolean => kvm.workload.budget.aging > 0;

/** Hardware or a fault used the leaf, or it is gone. */
export const setAccessed = (kvm: Kvm, sp: number, index: number): void => {
  if (!isKept(kvm)) return;
  kvm.sp.at(sp).accessed_clear.delete(index);
};

export const clearAccessed = (kvm: Kvm, sp: number, index: number): void => {
  if (isKept(kvm)) kvm.sp.at(sp).accessed_clear.add(index);
};

export const is_accessed_spte = (kvm: Kvm, sp: number, index: number): boolean =>
  !isKept(kvm) || !kvm.sp.at(sp).accessed_clear.has(index);
