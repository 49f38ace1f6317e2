/** What is mapped after a zap of a range was looked up after it. */
import { stepProperty } from './property.ts';

export const zappedRangeIsLookedUpAgain = stepProperty({
  id: 'zapped-range-is-looked-up-again',
  brief: 'ZAP-CONTRACT',
  says: 'A fault maps no frame that it looked up before kvm_zap_gfn_range() zapped the gfn.',
  why:
    'Who zaps a range has changed how it is to be mapped: what was looked up before is mapped ' +
    'the old way, and nobody zaps it again.',
  source: ['kvm_zap_gfn_range()', 'mmu_invalidate_retry_gfn()', 'commit edb298c663fc (2021)'],
  on: ['mmu_set_spte'],
  needs: ({ workload }) => workload.budget.zap_range > 0,
  applies: () => true,
  check: (before) => {
    const { holder } = before.mmu_lock;
    if (holder === null || !before.vcpu.at(holder).fault.ghost_predates) return null;
    return { message: 'a fault maps what it looked up before the zap', where: { vcpu: holder } };
  },
  witness: {
    says: 'a frame is zapped that a fault has looked up',
    reads: ['vcpu.fault'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).fault.ghost_predates) return true;
      }
      return false;
    },
  },
});
