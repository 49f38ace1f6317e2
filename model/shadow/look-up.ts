/**
 * The slot and the frame behind the gfn of a fault.
 *
 * Kernel: kvm_mmu_faultin_pfn(). Lock: none.
 */
import type { Kvm } from '../state.ts';
import { kvm_slot_dirty_track_enabled } from './dirty-log.ts';
import { lookUpSlot } from './mmio.ts';
import { pfnOf } from './mmu-page.ts';
import { walkedGfn } from './walker.ts';

/** Looks up the slot, and sets out to ask for the frame behind the gfn. */
export const lookUpFrame = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (kvm.geometry.memslot !== null && !lookUpSlot(kvm, v)) return;
  vcpu.fault.log_dirty = kvm_slot_dirty_track_enabled(kvm, walkedGfn(kvm, vcpu));
  // Where the host moves nothing, looking the frame up is no step of its own.
  if (kvm.host_pfn.length === 0) vcpu.fault.pfn = pfnOf(kvm, walkedGfn(kvm, vcpu));
  vcpu.pc = kvm.host_pfn.length === 0 ? 'lock_page_fault' : 'snapshot_seq';
};
