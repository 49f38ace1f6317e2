/** No vCPU retains a writable translation of a guest table that is shadowed in sync. */
import { ACC_WRITE_MASK } from '../model/access.ts';
import { pfnOf } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { isShadowedInSync } from './helpers/pages.ts';
import { keepsItsTlb } from './helpers/vcpus.ts';

const writableEntry = (
  kvm: Kvm,
  test: (gfn: number) => boolean,
): { v: number; gfn: number; va: number } | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_tlb } = kvm.vcpu.at(v);
    if (!keepsItsTlb(kvm, v)) continue;
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      const { valid, access, pfn, va } = ghost_tlb.at(i);
      if (!valid || (access & ACC_WRITE_MASK) === 0) continue;
      for (let gfn = 0; gfn < kvm.geometry.tables; gfn += 1) {
        if (pfnOf(kvm, gfn) === pfn && test(gfn)) return { v, gfn, va };
      }
    }
  }
  return null;
};

export const shadowedGfnHasNoWritableTlbEntry = stateProperty({
  id: 'shadowed-gfn-has-no-writable-tlb-entry',
  brief: 'P1',
  says: 'No TLB entry is writable whose frame holds a guest table shadowed by a page in sync.',
  why: 'Write protection that the hardware has not heard of protects nothing.',
  source: ['account_shadowed()', 'mmu_sync_children()', 'kvm_flush_remote_tlbs()'],
  when: 'unlocked',
  reads: ['sp', 'host_pfn', 'vcpu.ghost_tlb', 'vcpu.request_flush_current', 'vcpu.root'],
  applies: (kvm) => writableEntry(kvm, () => true) !== null,
  check: (kvm) => {
    const found = writableEntry(kvm, (gfn) => isShadowedInSync(kvm, gfn));
    if (found === null) return null;
    return {
      message: 'a TLB entry still writes to a guest table that is shadowed in sync',
      where: { vcpu: found.v, va: hex(found.va), gfn: hex(found.gfn) },
    };
  },
  witness: {
    says: 'a vCPU retains a writable translation of a guest table',
    reads: ['sp', 'host_pfn', 'vcpu.ghost_tlb', 'vcpu.request_flush_current', 'vcpu.root'],
    reached: (kvm) => writableEntry(kvm, () => true) !== null,
  },
});
