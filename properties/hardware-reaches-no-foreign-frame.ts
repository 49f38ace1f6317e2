/** No vCPU retains a translation to a host frame that is behind no guest frame. */
import { isBeingInvalidated, isNotifierFlushing } from '../model/host/invalidation.ts';
import { gfn_to_memslot } from '../model/memslot.ts';
import { pfnOf, spaceOf } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { keepsItsTlb } from './helpers/vcpus.ts';

const isBehindSomeGfn = (kvm: Kvm, pfn: number, as_id: number): boolean => {
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) {
    if (pfnOf(kvm, gfn) === pfn && gfn_to_memslot(kvm, gfn, as_id) !== 'none') return true;
  }
  return false;
};

/** Whether an invalidation in progress covers a guest frame that has this one behind it. */
const isBeingTakenBack = (kvm: Kvm, pfn: number): boolean => {
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) {
    if (isBeingInvalidated(kvm, gfn) && pfnOf(kvm, gfn) === pfn) return true;
  }
  return false;
};

const entry = (
  kvm: Kvm,
  test: (pfn: number, as_id: number) => boolean,
): { v: number; va: number; pfn: number } | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    if (!keepsItsTlb(kvm, v)) continue;
    const { ghost_tlb } = kvm.vcpu.at(v);
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      const { valid, va, pfn } = ghost_tlb.at(i);
      if (valid && test(pfn, spaceOf(kvm.vcpu.at(v)))) return { v, va, pfn };
    }
  }
  return null;
};

export const hardwareReachesNoForeignFrame = stateProperty({
  id: 'hardware-reaches-no-foreign-frame',
  brief: 'H1',
  says:
    'The frame of every TLB entry that a vCPU keeps is behind some guest frame in a slot of its ' +
    'address space now.',
  why: 'The guest would read and write memory that the host has given to somebody else.',
  source: [
    'kvm_mmu_notifier_invalidate_range_start()',
    'kvm_unmap_gfn_range()',
    'kvm_flush_remote_tlbs()',
  ],
  when: 'every-step',
  reads: [
    'sp',
    'host_pfn',
    'memslots',
    'vcpu.ghost_tlb',
    'vcpu.request_flush_current',
    'vcpu.root',
    'vcpu.smm',
  ],
  needs: ({ workload: { budget } }) => budget.notifier + budget.memslot + budget.smi > 0,
  applies: (kvm) => entry(kvm, () => true) !== null,
  check: (kvm) => {
    const found = entry(kvm, (pfn, as_id) => !isBehindSomeGfn(kvm, pfn, as_id));
    if (found === null) return null;
    return {
      message: "a TLB entry leads to a frame that is no longer the guest's",
      where: { vcpu: found.v, va: hex(found.va), pfn: hex(found.pfn) },
    };
  },
  witness: {
    says: 'a vCPU retains a translation while its frame is being invalidated',
    reads: [
      'sp',
      'host_pfn',
      'mmu_notifier',
      'memslots',
      'vcpu.ghost_tlb',
      'vcpu.request_flush_current',
      'vcpu.root',
      'vcpu.smm',
    ],
    reached: (kvm) =>
      (isNotifierFlushing(kvm) && entry(kvm, (pfn) => isBeingTakenBack(kvm, pfn)) !== null) ||
      (kvm.memslots.state === 'invalid' && entry(kvm, () => true) !== null),
  },
});
