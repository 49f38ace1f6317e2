/** What several properties ask of a vCPU. */
import { is_obsolete_sp } from '../../model/shadow/mmu-page.ts';
import type { Kvm } from '../property.ts';

/**
 * Whether `v` will use what it retains: not when it flushes before it runs guest code again, as
 * one does that has been told to let go of an obsolete root.
 */
export const keepsItsTlb = (kvm: Kvm, v: number): boolean => {
  const { root, request_flush_current } = kvm.vcpu.at(v);
  return root !== null && !is_obsolete_sp(kvm.sp.at(root)) && !request_flush_current;
};
