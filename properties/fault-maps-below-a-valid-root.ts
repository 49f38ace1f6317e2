/** A fault stores nothing below a root that is obsolete. */
import { is_obsolete_sp } from '../model/shadow/mmu-page.ts';
import { stepProperty } from './property.ts';

export const faultMapsBelowAValidRoot = stepProperty({
  id: 'fault-maps-below-a-valid-root',
  brief: 'ROOT-VALID',
  says: 'When a fault stores a leaf, its root is neither zapped nor of an old generation.',
  why: 'The leaf serves nobody, and its slot may go before somebody takes it away.',
  source: ['is_page_fault_stale()', 'FNAME(fetch)', 'commit a955cad84cda (2021)'],
  on: ['mmu_set_spte'],
  applies: () => true,
  check: (before, _after, [v = 0]) => {
    const { root } = before.vcpu.at(v);
    if (root === null || !is_obsolete_sp(before.sp.at(root))) return null;
    return { message: 'a leaf is stored below an obsolete root', where: { vcpu: v, root } };
  },
  witness: {
    says: 'a vCPU that waits for mmu_lock within a fault has an obsolete root',
    reads: ['sp', 'vcpu.pc', 'vcpu.root'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        const { pc, root } = kvm.vcpu.at(v);
        if (pc === 'lock_page_fault' && root !== null && is_obsolete_sp(kvm.sp.at(root)))
          return true;
      }
      return false;
    },
  },
});
