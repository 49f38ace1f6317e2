/** When a VM is torn down, nothing maps its memory any more. */
import { stepProperty } from './property.ts';

export const teardownLeavesNothingMapped = stepProperty({
  id: 'teardown-leaves-nothing-mapped',
  brief: 'ZAP-CONTRACT',
  says: 'After kvm_mmu_zap_all() no page is active and no leaf is filed in an rmap.',
  why: 'The memory of the VM and its slots go next; the pages that are left would never be freed.',
  source: ['kvm_mmu_zap_all()', 'kvm_arch_flush_shadow_all()'],
  on: ['kvm_mmu_zap_all.commit'],
  needs: ({ workload }) => workload.budget.zap_all > 0,
  applies: () => true,
  check: (_before, after) => {
    for (let sp = 0; sp < after.sp.length; sp += 1) {
      if (after.sp.at(sp).list !== 'active') continue;
      return { message: 'a shadow page outlives the zap of everything', where: { sp } };
    }
    for (let key = 0; key < after.rmap.length; key += 1) {
      if (after.rmap.at(key).bits === 0) continue;
      return { message: 'a leaf outlives the zap of everything', where: { rmap: key } };
    }
    return null;
  },
  witness: {
    says: 'everything is being zapped',
    reads: ['zapper'],
    reached: (kvm) => kvm.zapper.pc === 'commit',
  },
});
