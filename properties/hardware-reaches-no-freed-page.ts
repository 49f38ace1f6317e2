/** No paging-structure cache leads into a freed shadow page. */
import { isAllocated } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const cachedPage = (kvm: Kvm, test: (sp: number) => boolean): { v: number; sp: number } | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_psc } = kvm.vcpu.at(v);
    for (let i = 0; i < ghost_psc.length; i += 1) {
      const { valid, sp } = ghost_psc.at(i);
      if (valid && test(sp)) return { v, sp };
    }
  }
  return null;
};

export const hardwareReachesNoFreedPage = stateProperty({
  id: 'hardware-reaches-no-freed-page',
  brief: 'L3',
  says: 'The paging-structure cache of a vCPU leads to allocated shadow pages only.',
  why: 'The hardware would walk memory that the host has given to somebody else.',
  source: ['kvm_mmu_commit_zap_page()', 'kvm_flush_remote_tlbs()', 'SDM "Paging-Structure Caches"'],
  when: 'every-step',
  reads: ['sp', 'vcpu.ghost_psc'],
  needs: (config) => config.geometry.psc_entries > 0,
  applies: (kvm) => cachedPage(kvm, () => true) !== null,
  check: (kvm) => {
    const found = cachedPage(kvm, (sp) => !isAllocated(kvm.sp.at(sp)));
    if (found === null) return null;
    return {
      message: 'the paging-structure cache leads to a freed page',
      where: { vcpu: found.v, sp: found.sp },
    };
  },
  witness: {
    says: 'a vCPU caches the way to a page that is being zapped',
    reads: ['sp', 'vcpu.ghost_psc'],
    reached: (kvm) => cachedPage(kvm, (sp) => kvm.sp.at(sp).role.invalid) !== null,
  },
});
