/**
 * What the host knows of the frames behind the guest: which it lets be written, which were.
 *
 * Kernel: hva_to_pfn(), kvm_release_faultin_page(), kvm_set_page_dirty(). A frame that the host
 * maps read-only may be shared with others. Who means to write it has the host copy it first.
 */
import type { Kvm, VcpuView } from '../state.ts';
import { isWrite } from '../access.ts';
import { pagesPerLeaf } from '../geometry.ts';
import { hasReadOnlyFrames } from '../layout/host.ts';
import { pfnOf } from '../shadow/mmu-page.ts';
import { kindOf, walkedGfn } from '../shadow/walker.ts';

/** Whether the host maps the guest frame read-only now. */
export const isHostReadOnly = (kvm: Kvm, gfn: number): boolean =>
  hasReadOnlyFrames(kvm.geometry, kvm.workload) && kvm.host.readonly.has(gfn);

/** Looks the frame up: which it is, and whether it may be mapped writable. */
export const findFrame = (kvm: Kvm, vcpu: VcpuView): void => {
  const gfn = walkedGfn(kvm, vcpu);
  vcpu.fault.pfn = pfnOf(kvm, gfn);
  vcpu.fault.map_readonly = isHostReadOnly(kvm, gfn);
};

/** A write to a read-only frame: its lookup returns when the host has made a copy. */
export const awaitsCopy = (kvm: Kvm, vcpu: VcpuView): boolean =>
  isWrite(kindOf(vcpu)) && isHostReadOnly(kvm, walkedGfn(kvm, vcpu));

/** Whether some vCPU that looks a frame up waits for a copy of this one. */
export const isCopyAwaited = (kvm: Kvm, gfn: number): boolean => {
  if (!isHostReadOnly(kvm, gfn)) return false;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.pc === 'faultin_pfn' && isWrite(kindOf(vcpu)) && walkedGfn(kvm, vcpu) === gfn) {
      return true;
    }
  }
  return false;
};

/** The host has looked whether the frame behind the gfn was written. */
export const forgetWrites = (kvm: Kvm, gfn: number): void => {
  if (!kvm.geometry.host_dirty) return;
  kvm.host.dirty.delete(pfnOf(kvm, gfn));
  kvm.host.ghost_written.delete(pfnOf(kvm, gfn));
};

/** kvm_set_page_dirty(): the host is told that the frames of a leaf may have been written. */
export const kvm_set_page_dirty = (kvm: Kvm, pfn: number, level: number): void => {
  if (!kvm.geometry.host_dirty) return;
  const end = pfn + pagesPerLeaf(kvm.geometry, level);
  for (let frame = pfn; frame < end; frame += 1) kvm.host.dirty.add(frame);
};
