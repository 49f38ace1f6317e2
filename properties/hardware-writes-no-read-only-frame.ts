/** No vCPU retains a right to write a frame that the host lets nobody write. */
import { ACC_WRITE_MASK } from '../model/access.ts';
import { hasReadOnlyFrames } from '../model/layout/host.ts';
import { isHostReadOnly } from '../model/host/frames.ts';
import { pfnOf } from '../model/shadow/mmu-page.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { keepsItsTlb } from './helpers/vcpus.ts';

/** Whether the frame is behind the guest, and read-only wherever it is. */
const isReadOnlyFrame = (kvm: Kvm, pfn: number): boolean => {
  let found = false;
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) {
    if (pfnOf(kvm, gfn) !== pfn) continue;
    if (!isHostReadOnly(kvm, gfn)) return false;
    found = true;
  }
  return found;
};

/** The first TLB entry that leads to a read-only frame and has all of `access`. */
const firstEntry = (kvm: Kvm, access: number): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    if (!keepsItsTlb(kvm, v)) continue;
    const { ghost_tlb } = kvm.vcpu.at(v);
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      const entry = ghost_tlb.at(i);
      if (!entry.valid || (entry.access & access) !== access) continue;
      if (!isReadOnlyFrame(kvm, entry.pfn)) continue;
      return {
        message: 'a TLB entry may write a frame that the host maps read-only',
        where: { vcpu: v, va: hex(entry.va), pfn: hex(entry.pfn) },
      };
    }
  }
  return null;
};

export const hardwareWritesNoReadOnlyFrame = stateProperty({
  id: 'hardware-writes-no-read-only-frame',
  brief: 'H2, TLB-HOST',
  says: 'No TLB entry that a vCPU keeps may write a frame that the host maps read-only.',
  why: 'Others who share the frame, or a file behind it, would see what the guest writes.',
  source: ['kvm_mmu_notifier_invalidate_range_start()', 'hva_to_pfn()', 'mm/ksm.c'],
  when: 'every-step',
  reads: ['sp', 'host', 'host_pfn', 'vcpu.ghost_tlb', 'vcpu.request_flush_current', 'vcpu.root'],
  needs: ({ geometry, workload }) => hasReadOnlyFrames(geometry, workload),
  applies: (kvm) => firstEntry(kvm, 0) !== null,
  check: (kvm) => firstEntry(kvm, ACC_WRITE_MASK),
  witness: {
    says: 'a vCPU retains a translation to a frame that the host maps read-only',
    reads: ['sp', 'host', 'host_pfn', 'vcpu.ghost_tlb', 'vcpu.request_flush_current', 'vcpu.root'],
    reached: (kvm) => firstEntry(kvm, 0) !== null,
  },
});
